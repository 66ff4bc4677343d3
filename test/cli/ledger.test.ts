import { generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcess as cli } from "./in-process.ts";
import { folder, HEADER, ROW } from "./run-cli.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const PEM = {
  "seal.pem": privateKey.export({ type: "pkcs8", format: "pem" }),
  "seal.pub.pem": publicKey.export({ type: "spki", format: "pem" }),
};
const RECEIPTS = "lake/receipts/vantageflow-process-iot/b.csv";

/** A lake with a batch, sealed. */
async function sealed(...flags: readonly string[]) {
  const cwd = folder({ "b.csv": HEADER + ROW, ...PEM });
  await cli(["ingest", "b.csv"], { cwd });
  const { code, stderr } = await cli(["ledger", "seal", ...flags], { cwd });
  expect(code).toBe(0);
  const receipt = join(cwd, RECEIPTS, fs.readdirSync(join(cwd, RECEIPTS))[0]);
  return { cwd, said: stderr, digest: /[0-9a-f]{64}/.exec(stderr)?.[0] ?? "", receipt };
}

describe("vantageflow ledger", () => {
  it("seals a lake and finds it as it was sealed; the digest that is printed is the one to ask for", async () => {
    const { cwd, said, digest } = await sealed();
    expect(said).toMatch(
      /^Sealed 2 receipts and dead letters as number 1\. Keep this digest where .*: [0-9a-f]{64}\n$/,
    );
    const { code, stdout, stderr } = await cli(["ledger", "verify", "--digest", digest], { cwd });
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain("2 receipts and dead letters: 2 intact.");
  });

  it("names a receipt that was rewritten or removed, exits 1, and seals over it only when told to", async () => {
    const { cwd, receipt } = await sealed();
    fs.writeFileSync(receipt, fs.readFileSync(receipt, "utf8").replace('"silver":1', '"silver":2'));
    const rewritten = await cli(["ledger", "verify"], { cwd });
    expect([rewritten.code, rewritten.stdout]).toEqual([1, expect.stringMatching(/^receipts\/\S+\trewritten\t/)]);
    fs.rmSync(receipt);
    const removed = await cli(["ledger", "verify", "--json"], { cwd });
    expect([removed.code, JSON.parse(removed.stdout)]).toMatchObject([
      1,
      { version: 1, problems: [], counts: { intact: 1, removed: 1 }, findings: [{ change: "removed" }] },
    ]);
    const refused = await cli(["ledger", "seal"], { cwd });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("vantageflow ledger seal --accept")]);
    expect((await cli(["ledger", "seal", "--accept"], { cwd })).code).toBe(0);
    const after = await cli(["ledger", "verify"], { cwd });
    expect([after.code, after.stderr]).toEqual([
      0,
      expect.stringMatching(/^Seal 2 of \S+ was made over what was wrong: 1 removed/),
    ]);
  });

  it("checks signatures with the public key, and a seal without one is not signed", async () => {
    const { cwd } = await sealed("--key", "seal.pem");
    const verify = (...flags: string[]) => cli(["ledger", "verify", "--json", ...flags], { cwd });
    expect(JSON.parse((await verify()).stdout).signature).toBe("not_checked");
    expect(JSON.parse((await verify("--public-key", "seal.pub.pem")).stdout).signature).toBe("checked");
    await cli(["ledger", "seal"], { cwd });
    const { code, stdout } = await verify("--public-key", "seal.pub.pem");
    const problems = ["seals/000000002.json, the newest seal, is not signed"];
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { problems }]);
  });

  it("goes on in a backup: seals go along, and name what was sealed", async () => {
    const { cwd, digest } = await sealed();
    expect((await cli(["backup", "other"], { cwd })).code).toBe(0);
    expect((await cli(["ledger", "verify", "--lake", "other", "--digest", digest], { cwd })).code).toBe(0);
  });

  it("says what to type where something is missing, and nothing of a key", async () => {
    const { cwd } = await sealed();
    fs.rmSync(join(cwd, "lake/seals"), { recursive: true });
    const { code, stderr } = await cli(["ledger", "verify"], { cwd });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/never sealed, or all of its seals were removed\. Seal it: vantageflow ledger seal\n$/),
    ]);
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });
    fs.writeFileSync(join(cwd, "rsa.pem"), rsa);
    for (const [args, why] of [
      [["seal", "--key", "none.pem"], "there is no such file"],
      [["seal", "--key", "b.csv"], "it is no private key in PEM without a passphrase"],
      [["seal", "--key", "rsa.pem"], "it is not of Ed25519"],
      [["verify", "--public-key", "seal.pem"], "it is no public key in PEM"],
      [["verify", "--digest", "abc"], "it is no SHA-256"],
    ] as const) {
      const ran = await cli(["ledger", ...args], { cwd });
      expect([args, ran.code]).toEqual([args, why.includes("SHA") ? 2 : 1]);
      expect(ran.stderr).toContain(why);
      expect(ran.stderr).not.toContain("PRIVATE KEY");
    }
  });
});
