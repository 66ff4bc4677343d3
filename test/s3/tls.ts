import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";

export interface TlsFront {
  readonly endpoint: string;
  /** PEM files: of the authority that signed the server's certificate, and of one that nobody knows. */
  readonly authority: string;
  readonly stranger: string;
  /** What clients have sent since the start, headers and bodies. */
  sent(): string;
  close(): void;
}

/** A server at this http:// endpoint behind TLS, as `https://localhost`, with an authority of its own (openssl). */
export async function startTls(endpoint: string): Promise<TlsFront> {
  const home = mkdtempSync(join(tmpdir(), "vantageflow-tls-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: home, stdio: "pipe" });
  const key = ["-newkey", "rsa:2048", "-nodes", "-keyout"];
  for (const name of ["authority", "stranger"]) {
    openssl(
      "req",
      "-x509",
      ...key,
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-days",
      "2",
      "-subj",
      `/CN=${name} of a test`,
    );
  }
  openssl("req", ...key, "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
  writeFileSync(join(home, "names"), "subjectAltName=DNS:localhost\n");
  const signing = ["-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-extfile", "names"];
  openssl("x509", "-req", "-in", "server.csr", ...signing, "-days", "2", "-out", "server.pem");
  const read = (name: string) => readFileSync(join(home, name));
  const { hostname, port } = new URL(endpoint);
  const sent: Buffer[] = [];
  const front = tls.createServer({ key: read("server.key"), cert: read("server.pem") }, (near) => {
    const far = net.connect(Number(port), hostname);
    near.on("data", (bytes: Buffer) => void sent.push(bytes));
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
  });
  front.on("tlsClientError", () => {});
  await new Promise<void>((listening) => front.listen(0, "localhost", listening));
  return {
    endpoint: `https://localhost:${(front.address() as net.AddressInfo).port}`,
    authority: join(home, "authority.pem"),
    stranger: join(home, "stranger.pem"),
    sent: () => Buffer.concat(sent).toString("latin1"),
    close() {
      front.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
