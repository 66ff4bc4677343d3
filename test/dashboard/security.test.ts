import type * as http from "node:http";
import * as net from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { VantageflowError } from "../../src/errors.ts";
import { ASSETS, ask, NOBODY, startServer, TOKEN, talk } from "./serving.ts";

const HOSTS_OF_OTHERS = [
  "evil.example",
  "evil.example:PORT",
  "127.1:PORT",
  "[::2]:PORT",
  "127.0.0.1.evil.example:PORT",
];
const MORE_OF_OTHERS = ["localhost.:PORT", "localhost:PORT.evil.example", "a@127.0.0.1:PORT", "127.0.0.1:PORT/", " "];
const NOT_EVEN_PORTS = [
  "localhost:",
  "localhost:x",
  "localhost:-1",
  "localhost:99999",
  "localhost:0x50",
  "0.0.0.0:PORT",
];
const PATHS = ["/", "/app.js", "/api/v1/overview", "/api/v1/events", "/api/v1/nothing", "/nothing"];

/** Name and value of the cookie that an answer sets, and its attributes. */
function cookieOf(headers: http.IncomingHttpHeaders): { pair: string; attributes: string[] } {
  const [pair, ...attributes] = (headers["set-cookie"] ?? [""])[0].split("; ");
  return { pair, attributes };
}

const pathOf = (link: string) => link.replace(/^http:\/\/[^/]+/, "");

describe("what the dashboard's server lets nobody do", () => {
  it("it listens on 127.0.0.1 and on no other address of this machine", async () => {
    const { port, server } = await startServer();
    expect(server.address()).toMatchObject({ address: "127.0.0.1", family: "IPv4" });
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    for (const address of ["::1", "127.0.0.2", ...others.map((one) => one.address)]) {
      if (address === "127.0.0.1") continue;
      const reached = await new Promise((done) => {
        const socket = net.connect(port, address, () => done(true)).on("error", () => done(false));
        socket.on("connect", () => socket.destroy());
      });
      expect([address, reached]).toEqual([address, false]);
    }
  });

  it("a Host that is another name gets 421 whatever it asks for (DNS rebinding)", async () => {
    const { port, double } = await startServer();
    const others = [...HOSTS_OF_OTHERS, ...MORE_OF_OTHERS, ...NOT_EVEN_PORTS];
    for (const Host of others.map((one) => one.replace("PORT", String(port)))) {
      for (const path of PATHS) {
        const { status, body } = await ask(port, path, { headers: { Host } });
        expect([Host, path, [400, 421].includes(status)]).toEqual([Host, path, true]);
        expect(body).not.toContain("look");
      }
    }
    expect((await ask(port, "/", { headers: { Host: "evil.example" } })).status).toBe(421);
    expect((await ask(port, `http://evil.example:${port}/api/v1/overview`)).status).toBe(421);
    expect(await talk(port, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
    expect(double.refreshes).toBe(0);
    for (const name of ["127.0.0.1", "localhost", "[::1]", "LocalHost"]) {
      // A tunnel may begin at any port.
      for (const Host of [`${name}:${port}`, `${name}:8080`, `${name}:80`, name]) {
        const { status } = await ask(port, "/api/v1/overview", { headers: { Host } });
        expect([Host, status]).toEqual([Host, 200]);
      }
    }
  });

  it("through a tunnel from another port, the link, the session and the next link work, beside another tunnel's", async () => {
    const tunnels = [];
    for (const server of [await startServer(), await startServer()]) {
      const from = await startTunnel(server.port);
      const opened = await ask(from, pathOf(server.links[0]), { headers: { ...NOBODY, Host: `localhost:${from}` } });
      expect([opened.status, opened.headers.location]).toEqual([303, "/"]);
      expect(server.links[1]).toMatch(new RegExp(`^http://localhost:${from}/\\?token=`));
      tunnels.push({ from, ...cookieOf(opened.headers) });
    }
    // A browser sends what it got from localhost to every port of it.
    const Cookie = tunnels.map(({ pair }) => pair).join("; ");
    for (const { from } of tunnels) {
      const headers = { ...NOBODY, Host: `localhost:${from}`, Cookie, "Sec-Fetch-Site": "same-origin" };
      expect((await ask(from, "/api/v1/overview", { headers })).status).toBe(200);
      const without = await ask(from, "/", { headers: { ...headers, Cookie: "" } });
      expect([without.status, without.body]).toEqual([
        401,
        expect.stringContaining(`with localhost:${from} for 127.0.0.1:`),
      ]);
    }
  });

  it("a page of another origin gets 403, with the script's token too; one of the same host and port is served", async () => {
    const { port, links, double } = await startServer();
    const Host = `localhost:${port}`;
    for (const Origin of [
      "http://evil.example",
      `http://evil.example:${port}`,
      "http://localhost:3000",
      "http://localhost",
      `http://127.0.0.1:${port}`,
      `http://localhost:${port}.evil.example`,
      `http://${Host}, http://evil.example`,
      `http://${Host}/`,
      `file://${Host}`,
      "null",
      "",
    ]) {
      for (const path of [...PATHS, pathOf(links[0])]) {
        const { status, headers } = await ask(port, path, { headers: { Host, Origin } });
        expect([Origin, path, status, headers["set-cookie"]]).toEqual([Origin, path, 403, undefined]);
      }
    }
    const twice = `GET / HTTP/1.1\r\nHost: ${Host}\r\nOrigin: http://${Host}\r\nOrigin: http://evil.example\r\n`;
    const said = await talk(port, `${twice}Authorization: Bearer ${TOKEN}\r\nConnection: close\r\n\r\n`);
    expect(said).toMatch(/^HTTP\/1.1 403 /);
    expect([double.refreshes, links.length]).toEqual([0, 1]);
    for (const Origin of [`http://${Host}`, `https://${Host}`, `HTTP://${Host}`]) {
      expect((await ask(port, "/api/v1/overview", { headers: { Host, Origin } })).status).toBe(200);
    }
    const plain = { Host: "localhost:80", Origin: "http://localhost" };
    expect((await ask(port, "/", { headers: plain })).status).toBe(200);
  });

  it("a page of another site, or of another port of this machine, gets 403", async () => {
    const { port, links } = await startServer();
    for (const site of ["cross-site", "same-site", "anything", ""]) {
      for (const path of [...PATHS, pathOf(links[0])]) {
        const { status, headers } = await ask(port, path, { headers: { "Sec-Fetch-Site": site } });
        expect([site, path, status, headers["set-cookie"]]).toEqual([site, path, 403, undefined]);
      }
    }
    for (const site of ["same-origin", "none"]) {
      expect((await ask(port, "/", { headers: { "Sec-Fetch-Site": site } })).status).toBe(200);
    }
    expect(links).toHaveLength(1);
  });

  it("it only reads: everything but GET and HEAD gets 405", async () => {
    const { port, links } = await startServer();
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"]) {
      for (const path of [...PATHS, pathOf(links[0])]) {
        const { status, headers } = await ask(port, path, { method });
        expect([method, path, status, headers.allow]).toEqual([method, path, 405, "GET, HEAD"]);
      }
    }
    expect((await ask(port, "/", { headers: { "X-HTTP-Method-Override": "DELETE" } })).status).toBe(200);
    const head = await ask(port, "/api/v1/overview", { method: "HEAD" });
    expect([head.status, head.body, head.headers["content-type"]]).toEqual([200, "", "application/json"]);
    expect((await ask(port, "/api/v1/events", { method: "HEAD" })).status).toBe(200);
  });

  it("without a session or a token there is nothing to see, not even what exists", async () => {
    const { port, double } = await startServer();
    for (const headers of [
      NOBODY,
      { Authorization: "Bearer" },
      { Authorization: "Bearer " },
      { Authorization: `Bearer ${TOKEN}x` },
      { Authorization: `Bearer ${TOKEN.slice(0, -1)}` },
      { Authorization: `Basic ${TOKEN}` },
      { Authorization: "Bearer undefined" },
      { ...NOBODY, Cookie: `vantageflow-${port}=` },
      { ...NOBODY, Cookie: `vantageflow-${port}=${TOKEN}` },
    ]) {
      for (const path of [...PATHS, "/api/v1/openapi.json"]) {
        const answer = await ask(port, path, { headers });
        expect([path, answer.status, answer.headers["www-authenticate"]]).toEqual([path, 401, "Bearer"]);
      }
    }
    expect(double.refreshes).toBe(0);
    expect((await ask(port, "/api/v1/health", { headers: { Authorization: `bearer ${TOKEN}` } })).status).toBe(200);
  });

  it("where no token is set, no bearer is one", async () => {
    const { port } = await startServer({ token: null });
    for (const bearer of ["null", "undefined", ""]) {
      const { status } = await ask(port, "/", { headers: { Authorization: `Bearer ${bearer}` } });
      expect([bearer, status]).toEqual([bearer, 401]);
    }
  });

  it("a link works once: it gives a cookie that no script reads and no site sends, and a URL without the token", async () => {
    const { port, links } = await startServer();
    expect(links).toEqual([expect.stringMatching(new RegExp(`^http://127\\.0\\.0\\.1:${port}/\\?token=[\\w-]{43}$`))]);
    const opened = await ask(port, pathOf(links[0]), { headers: NOBODY });
    expect([opened.status, opened.headers.location]).toEqual([303, "/"]);
    const { pair, attributes } = cookieOf(opened.headers);
    expect(pair).toMatch(new RegExp(`^vantageflow-${port}=[\\w-]{43}$`));
    expect(attributes.toSorted()).toEqual(["HttpOnly", "Path=/", "SameSite=Strict"]);
    expect(pair).not.toContain(links[0].slice(-43));

    const withCookie = { ...NOBODY, Cookie: `other=1; ${pair}` };
    for (const path of ["/", "/app.js", "/api/v1/overview"]) {
      expect((await ask(port, path, { headers: withCookie })).status).toBe(200);
    }
    // Somebody who saw the link comes too late; who has the session is sent on.
    const again = await ask(port, pathOf(links[0]), { headers: NOBODY });
    expect([again.status, again.headers["set-cookie"], again.body]).toEqual([
      401,
      undefined,
      expect.stringContaining("this link was used"),
    ]);
    const back = await ask(port, pathOf(links[0]), { headers: withCookie });
    expect([back.status, back.headers.location]).toEqual([303, "/"]);
  });

  it("a second browser has the next link, which was told when the first was used", async () => {
    const { port, links } = await startServer();
    await ask(port, pathOf(links[0]), { headers: NOBODY });
    expect(links).toHaveLength(2);
    expect(links[1]).not.toBe(links[0]);
    expect((await ask(port, pathOf(links[1]), { headers: NOBODY })).status).toBe(303);
    expect(links).toHaveLength(3);
  });

  it("nothing but opening the page uses a link up", async () => {
    const { port, links } = await startServer();
    const { search } = new URL(links[0]);
    for (const [path, method] of [
      [`/${search}`, "HEAD"],
      [`/api/v1/overview${search}`, "GET"],
      [`/app.js${search}`, "GET"],
      ["/?token=", "GET"],
      ["/?token=wrong", "GET"],
    ]) {
      const { status, headers } = await ask(port, path, { method, headers: NOBODY });
      expect([path, status, headers["set-cookie"]]).toEqual([path, 401, undefined]);
    }
    expect((await ask(port, `/${search}`, { headers: NOBODY })).status).toBe(303);
  });

  it("links and sessions end with the server that gave them", async () => {
    const first = await startServer();
    const { pair } = cookieOf((await ask(first.port, pathOf(first.links[0]), { headers: NOBODY })).headers);
    await first.close();
    const second = await startServer({ port: first.port });
    expect((await ask(second.port, "/", { headers: { ...NOBODY, Cookie: pair } })).status).toBe(401);
    expect((await ask(second.port, pathOf(first.links[1]), { headers: NOBODY })).status).toBe(401);
    expect(second.links[0]).not.toBe(first.links[0]);
  });

  it("every answer, of every kind, tells the browser to load nothing else and keep nothing", async () => {
    const { port, links, double } = await startServer();
    const answers = [
      await ask(port, "/"),
      await ask(port, "/app.js"),
      await ask(port, "/api/v1/overview"),
      await ask(port, "/api/v1/openapi.json"),
      await ask(port, "/api/v1/events", { method: "HEAD" }),
      await ask(port, pathOf(links[0]), { headers: NOBODY }),
      await ask(port, "/", { headers: NOBODY }),
      await ask(port, "/", { headers: { Host: "evil.example" } }),
      await ask(port, "/", { headers: { Host: "a b" } }),
      await ask(port, "/", { headers: { "Sec-Fetch-Site": "cross-site" } }),
      await ask(port, "/", { method: "POST" }),
      await ask(port, "/nothing"),
      await ask(port, "/api/v1/devices?limit=x"),
    ];
    double.monitor.device = async () => Promise.reject(new Error("broken"));
    answers.push(await ask(port, "/api/v1/devices/x"));
    expect(answers.map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 200, 303, 401, 421, 400, 403, 405, 404, 400, 503,
    ]);
    for (const { status, headers } of answers) {
      expect({ status, ...headers }).toMatchObject({
        status,
        "content-security-policy":
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
          "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": expect.stringMatching(/^no-store(, no-transform)?$/),
      });
      expect(headers).not.toHaveProperty("access-control-allow-origin");
    }
  });

  it("files come from a fixed list: no path leads to the disk", async () => {
    const { port } = await startServer();
    for (const [path, { type }] of ASSETS) {
      const { status, headers } = await ask(port, path);
      expect([path, status, headers["content-type"]]).toEqual([path, 200, type]);
    }
    for (const path of [
      "/../package.json",
      "/..%2fpackage.json",
      "/%2e%2e/package.json",
      "/%2e%2e%2fpackage.json",
      "/..%5cpackage.json",
      "/....//package.json",
      "//etc/passwd",
      "/app.js/../../package.json",
      "/app.js%00.css",
      "/app.js/",
      "/APP.JS",
      "/index.html",
      "/%2fapp.js",
      "/@fs/etc/passwd",
      "/@fs/etc/passwd?raw??",
      "/file:///etc/passwd",
      "/__proto__",
      "/constructor",
      "/api/v1/__proto__",
      "/api/v1/../../package.json",
      "/api/v2/overview",
      "/app.js.map",
      "/%",
      "/%ff",
    ]) {
      const { status, body } = await ask(port, path);
      expect([path, status, body.startsWith("Cannot show") || body.startsWith('{"version":1,"error"')]).toEqual([
        path,
        404,
        true,
      ]);
    }
    expect((await ask(port, "/..\\package.json")).status).toBe(400);
  });

  it("ids and keys in a path are data, whatever they are made of", async () => {
    const { port, double } = await startServer();
    const hostile = [
      "../../etc/passwd",
      "a/b/../c",
      "bronze/year=2025/b.csv",
      "%2e%2e%2f",
      "100%",
      "%",
      "\0",
      "a\r\nSet-Cookie: x=1",
      "<script>alert(1)</script>",
      "__proto__",
      "constructor",
      ":id",
      "*",
      "?a=b#c",
      "a+b c&d",
      "ü\u202e😀",
      "\\..\\x",
      "…/.",
      "x".repeat(5000),
    ];
    for (const kind of ["devices", "batches"]) {
      for (const id of hostile) {
        double.known = null;
        const found = await ask(port, `/api/v1/${kind}/${encodeURIComponent(id)}`);
        expect([id, found.status, double.asked.at(-1)]).toEqual([id, 200, id]);
        double.known = [];
        const absent = await ask(port, `/api/v1/${kind}/${encodeURIComponent(id)}`);
        expect([id, absent.status, JSON.parse(absent.body).error.code]).toEqual([id, 404, "not_found"]);
        expect(absent.body.length).toBeLessThan(400);
        expect(absent.headers).not.toHaveProperty("set-cookie");
      }
    }
    // What is not UTF-8 stays as it came.
    double.known = null;
    await ask(port, "/api/v1/devices/%ff");
    expect(double.asked.at(-1)).toBe("%ff");
  });

  it("long URLs, many headers and bytes that are no HTTP are refused, and the next request is served", async () => {
    const { port, double } = await startServer();
    const start = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n`;
    expect(await talk(port, `${start.replace("/", `/${"x".repeat(40_000)}`)}\r\n`)).toMatch(/^HTTP\/1.1 431 /);
    expect(await talk(port, `${start}X: ${"y".repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /);
    expect(await talk(port, `${start}${"X: y\r\n".repeat(1900)}\r\n`)).toMatch(/^HTTP\/1.1 401 /);
    expect(await talk(port, `${start}Host: evil.example\r\n\r\n`)).toMatch(/^HTTP\/1.1 4/);
    expect(await talk(port, "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")).toMatch(/^HTTP\/1.1 400 /);
    expect(await talk(port, `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n`)).toBe("");
    const upgrade = `${start.replace("close", "Upgrade")}Upgrade: websocket\r\n\r\n`;
    const [socket, said] = await hold(port, upgrade);
    expect(said).toMatch(/^HTTP\/1.1 401 /);
    socket.destroy();
    expect((await ask(port, "/api/v1/health")).status).toBe(200);
    expect(double.refreshes).toBe(1);
  });

  it("a client that takes its time over a request is cut off", async () => {
    const { port } = await startServer({ patienceMs: 200 });
    expect(await talk(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-Slow: `)).toMatch(/^HTTP\/1.1 408 /);
    const body = `GET /app.js HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 100\r\n\r\n`;
    expect(await talk(port, body)).toMatch(/^HTTP\/1.1 401 /);
    expect((await ask(port, "/")).status).toBe(200);
  });

  it("connections beyond 256 are turned away, and there is room again when some end", async () => {
    const { port } = await startServer();
    const held = await Promise.all(
      Array.from({ length: 256 }, () => {
        return new Promise<net.Socket>((done, fail) => {
          const socket = net.connect(port, "127.0.0.1", () => done(socket)).on("error", fail);
        });
      }),
    );
    await expect(ask(port, "/")).rejects.toThrow();
    await Promise.all(
      held.map((socket) => new Promise((done) => socket.on("close", done).resume().end()).then(() => socket.destroy())),
    );
    expect((await ask(port, "/")).status).toBe(200);
  });

  it("a lake that cannot be read is 503 with what is wrong and no stack", async () => {
    const { port, double } = await startServer();
    const why = 'Cannot list "s3://b/": it did not answer. Check the network.';
    double.next = async () => Promise.reject(new VantageflowError("storage_failed", why));
    const { status, body, headers } = await ask(port, "/api/v1/overview");
    expect([status, headers["content-type"], JSON.parse(body)]).toEqual([
      503,
      "application/json",
      { version: 1, error: { code: "storage_failed", message: why } },
    ]);
    double.monitor.devices = () => {
      throw new TypeError("x is not a function");
    };
    const other = await startServer({
      monitor: { ...double.monitor, refresh: async () => (await import("./sample.ts")).overview() },
    });
    const broken = await ask(other.port, "/api/v1/devices");
    expect([broken.status, broken.body]).toEqual([
      503,
      '{"version":1,"error":{"code":"internal","message":"x is not a function"}}',
    ]);
  });
});

const tunnels: net.Server[] = [];
afterEach(() => {
  for (const one of tunnels.splice(0)) one.close();
});

/** The port of a new tunnel to this one, as `ssh -L` makes it: bytes pass as they are. */
async function startTunnel(to: number): Promise<number> {
  const tunnel = net.createServer((near) => {
    const far = net.connect(to, "127.0.0.1");
    near.pipe(far).pipe(near);
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
  });
  tunnels.push(tunnel);
  await new Promise<void>((listening) => tunnel.listen(0, "127.0.0.1", listening));
  return (tunnel.address() as net.AddressInfo).port;
}

/** Sends bytes on a connection that stays open, and gives the first answer. */
function hold(port: number, bytes: string): Promise<[net.Socket, string]> {
  return new Promise((done, fail) => {
    const socket = net.connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.setEncoding("utf8").once("data", (text: string) => done([socket, text]));
    socket.on("error", fail);
  });
}
