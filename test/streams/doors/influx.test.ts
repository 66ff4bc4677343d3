import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { VantageflowError } from "../../../src/errors.ts";
import { createMemoryStorage } from "../../../src/storage/memory.ts";
import type { LakeStorage } from "../../../src/storage/port.ts";
import { ARRIVAL, openDoor, rowsOf, send } from "./open-door.ts";

const [V2, V1] = ["/api/v2/write?org=o&bucket=b", "/write?db=d"];
const TOKEN = "a-token-of-a-device-0123";
const AT = "1735689600123456789";
const TIME = "2025-01-01T00:00:00.123456789Z";

async function openInflux(options: Parameters<typeof openDoor>[1] = {}, storage: LakeStorage = createMemoryStorage()) {
  const told: string[] = [];
  const onTrouble = (error: unknown) => void told.push(String(error));
  const door = await openDoor(storage, { onTrouble, ...options });
  const write = (body: string | Uint8Array, path = V2, headers: Record<string, string> = {}) =>
    door.post(body, { "Content-Type": "text/plain; charset=utf-8", ...headers }, path);
  const rows = async () => {
    await door.close();
    return rowsOf(storage);
  };
  return { ...door, write, rows, told };
}

function manyFields(): string {
  return Array.from({ length: 150_000 }, (_, i) => `${i}=1`).join(",");
}

describe("a point of line protocol becomes", () => {
  it.each([
    ["a reading of each number, as it is written", `m f=1.0,g=-0,h=1e3 ${AT}`, ["m.f,1.0", "m.g,-0", "m.h,1e3"]],
    [
      "integers to the last digit",
      `m a=9007199254740993i,b=-5i,c=18446744073709551615u,d=0i ${AT}`,
      ["m.a,9007199254740993", "m.b,-5", "m.c,18446744073709551615", "m.d,0"],
    ],
    ["booleans as 1 and 0", `m a=t,b=F,c=TRUE,d=false ${AT}`, ["m.a,1", "m.b,0", "m.c,1", "m.d,0"]],
    [
      "a device of the values of its tags, in the order of their names",
      `m,z=1,a=2 f=3 ${AT}\nm,a=2,z=1 f=4 ${AT}`,
      ["m.2.1.f,3", "m.2.1.f,4"],
    ],
    ["a device without escapes", `a\\ b\\,c,t=x\\ \\=\\,y f\\ 1=1 ${AT}`, ['"a b,c.x =,y.f 1",1']],
    ["nothing of its texts", `m a="x\ny, \\" 1",b="",c=2 ${AT}\nm d=3 ${AT}`, ["m.c,2", "m.d,3"]],
    [
      "readings between comments, blank lines and line ends of any kind",
      `# x\r\n\n  m a=1 ${AT}\r\nm b=2 ${AT} \n#`,
      ["m.a,1", "m.b,2"],
    ],
    [
      "one reading where it comes twice with the same value, and two with another",
      `m a=1 ${AT}\nm a=1i ${AT}\nm a=2 ${AT}`,
      ["m.a,1", "m.a,2"],
    ],
  ])("%s", async (_, body, rows) => {
    const { write, rows: written } = await openInflux();
    const { status, json } = await write(body);
    expect([status, json]).toEqual([204, null]);
    expect(await written()).toEqual(rows.map((row) => `${TIME},${row},,0`));
  });

  it.each([
    [V2, "", AT, TIME],
    [V2, "ns", "-1", "1969-12-31T23:59:59.999999999Z"],
    [V2, "us", "1735689600123456", "2025-01-01T00:00:00.123456Z"],
    [V2, "ms", "1735689600120", "2025-01-01T00:00:00.120Z"],
    [V2, "s", "1735689600", "2025-01-01T00:00:00Z"],
    [V2, "s", "0", "1970-01-01T00:00:00Z"],
    [V1, "n", AT, TIME],
    [V1, "u", "1735689600123456", "2025-01-01T00:00:00.123456Z"],
    [V1, "ms", "1735689600123", "2025-01-01T00:00:00.123Z"],
    [V1, "m", "28928160", "2025-01-01T00:00:00Z"],
    [V1, "h", "482136", "2025-01-01T00:00:00Z"],
    [V1, "h", "-1", "1969-12-31T23:00:00Z"],
    [V2, "s", "", ARRIVAL],
  ])("a reading of its time: %s in %j, %s", async (path, precision, digits, timestamp) => {
    const { write, rows } = await openInflux();
    expect((await write(`m f=1 ${digits}`, `${path}&precision=${precision}`)).status).toBe(204);
    expect(await rows()).toEqual([`${timestamp},m.f,1,,0`]);
  });

  it("nothing where it is a text, which the answer counts and the process tells once", async () => {
    const { write, told } = await openInflux();
    for (const _ of [1, 2]) {
      const { status, headers } = await write('pump,host=a mode="auto",note="",flow=1\npump,host=b mode="off"');
      expect([status, headers["x-vantageflow-passed-over"]]).toEqual([204, "3"]);
    }
    expect(told).toEqual([expect.stringMatching(/"pump\.mode": it is a text/), expect.stringMatching(/"pump\.note"/)]);
    expect((await write("m f=1")).headers["x-vantageflow-passed-over"]).toBeUndefined();
  });
});

describe("a request to write is refused, with nothing of it kept,", () => {
  it.each([
    [400, 2, /^unable to parse 'm f=x': it ends too early, or with what is no value\. A line is/, "m f=1 1\nm f=x"],
    [400, 1, /: character 5 /, "m,t= f=1"],
    [400, 1, /: character 4 /, "m,t f=1"],
    [400, 1, /: character 4 /, "ü f,g=1"],
    [400, 1, /too early/, "m"],
    [400, 1, /too early/, "m f="],
    [400, 1, /too early/, "m f=NaN"],
    [400, 3, /^unable to parse 'm f="x': a quote is never closed/, 'm f=1\n\nm f="x\n\n'],
    [400, 4, /^unable to parse 'm f'/, 'm f="x\ny"\n# x\nm f'],
    [400, 1, /: character 9 /, "m f=1 1 1"],
    [400, 1, /: character 8 /, "m f=1.5i"],
    [400, 1, /stands twice/, "m a=1,a=2"],
    [400, 2, /time outside range/, "m f=1 1\nm f=1 9999999999999999999999999999999999"],
    [400, 1, /^unable to parse 'm f=1 9{154}…': time outside range/, `m f=1 ${"9".repeat(99_999)}`],
    [400, 1, /^unable to parse 'x{160}…': it ends too early/, "x".repeat(9_999_999)],
    [400, null, /^writing requires points$/, ""],
    [400, null, /NUL/, "m f=1\0"],
    [400, null, /UTF-8/, Buffer.from([0x6d, 0x20, 0xff])],
    [413, null, /10000000 bytes/, Buffer.alloc(10_000_001, 10)],
    // A megabyte, in which one name of 200 bytes holds for each of its fields.
    [413, null, /32000000 bytes\. Send it in pieces/, `${"m".repeat(200)} ${manyFields()}`],
  ])("%i: line %j, %s", async (status, line, message, body) => {
    const { write, inlet } = await openInflux();
    const code = status === 413 ? "request too large" : "invalid";
    const answer = await write(body);
    expect([answer.status, answer.json]).toEqual([
      status,
      { code, message: expect.stringMatching(message), ...(line === null ? {} : { line }) },
    ]);
    expect(answer.json.message.length).toBeLessThan(400);
    const old = await write(body, V1);
    expect([old.status, old.json.error]).toEqual([status, answer.json.message]);
    expect(inlet.pendingBytes).toBe(0);
  });

  it("415 and 400 for another encoding, what is no gzip, and a precision that there is not", async () => {
    const { write } = await openInflux();
    expect((await write("m f=1", V2, { "Content-Encoding": "br" })).status).toBe(415);
    expect((await write("m f=1", V2, { "Content-Encoding": "gzip" })).status).toBe(400);
    const bomb = gzipSync(Buffer.alloc(200_000_000, 10));
    expect((await write(bomb, V2, { "Content-Encoding": "gzip" })).status).toBe(413);
    for (const [path, names] of [
      [V2, "ns, us, ms, s"],
      [V1, "ns, us, ms, s, n, u, µ, m, h"],
    ]) {
      const { status, json } = await write("m f=1", `${path}&precision=toString`);
      expect([status, json.message ?? json.error]).toEqual([
        400,
        `invalid precision; valid precision units are ${names}`,
      ]);
    }
    expect((await write("m f=1", `${V2}&precision=h`)).status).toBe(400);
  });
});

describe("a request to write", () => {
  it("keeps the others where a field cannot be a reading, says which, and says the same when it comes again", async () => {
    const { write, rows } = await openInflux();
    const body = `m a=1 ${AT}\n\nm b=1e101,c=2 ${AT}\nm,t=${"x".repeat(300)} d=1 ${AT}`;
    const message = expect.stringMatching(/^partial write: line 3: value is not .* the others are kept dropped=2$/);
    for (const _ of [1, 2]) {
      const { status, json } = await write(body);
      expect([status, json]).toEqual([422, { code: "unprocessable entity", message, line: 3 }]);
    }
    expect((await write("m b=1e101")).json.message).toMatch(/there is no other dropped=1$/);
    expect(await rows()).toEqual([`${TIME},m.a,1,,0`, `${TIME},m.c,2,,0`]);
  });

  it("that comes again counts once where all of its points have a time, in gzip too, and by the next process", async () => {
    const storage = createMemoryStorage();
    const first = await openInflux({}, storage);
    const body = `m a=1 ${AT}\nm b=2 ${AT}`;
    for (const _ of [1, 2]) expect((await first.write(body)).status).toBe(204);
    expect((await first.write(gzipSync(body), V2, { "Content-Encoding": "gzip" })).status).toBe(204);
    // Another precision makes other readings of the same bytes.
    expect((await first.write("m a=1 1", `${V2}&precision=s`)).status).toBe(204);
    expect((await first.write("m a=1 1", `${V2}&precision=ms`)).status).toBe(204);
    await first.close();
    const second = await openInflux({ folder: first.folder }, storage);
    expect((await second.write(body, V1)).status).toBe(204);
    expect(await second.rows()).toEqual([
      `${TIME},m.a,1,,0`,
      `${TIME},m.b,2,,0`,
      "1970-01-01T00:00:01Z,m.a,1,,0",
      "1970-01-01T00:00:00.001Z,m.a,1,,0",
    ]);
  });

  it("that comes again without times is another one", async () => {
    const { write, rows } = await openInflux();
    for (const _ of [1, 2]) await write(`m a=1\nm b=1 ${AT}`);
    expect(await rows()).toHaveLength(4);
  });

  it("of comments only is answered, and nothing is written", async () => {
    const { write, rows } = await openInflux();
    expect((await write("# nothing\n")).status).toBe(204);
    expect(await rows()).toEqual([]);
  });

  it("needs the token, in the header as Token or Bearer, and at /write as a password, too", async () => {
    const { write } = await openInflux({ token: TOKEN });
    const basic = `Basic ${Buffer.from(`somebody:${TOKEN}`).toString("base64")}`;
    const statuses = async (path: string, Authorization?: string) =>
      (await write("m f=1", path, Authorization === undefined ? {} : { Authorization })).status;
    for (const path of [V2, V1]) {
      expect([await statuses(path, `Token ${TOKEN}`), await statuses(path, `Bearer ${TOKEN}`)]).toEqual([204, 204]);
      for (const wrong of [undefined, "Token", `Token ${TOKEN}x`, `Basic ${TOKEN}`, "Basic Og=="]) {
        expect(await statuses(path, wrong)).toBe(401);
      }
    }
    expect([await statuses(V1, basic), await statuses(`${V1}&u=x&p=${TOKEN}`)]).toEqual([204, 204]);
    expect([await statuses(V2, basic), await statuses(`${V2}&u=x&p=${TOKEN}`)]).toEqual([401, 401]);
    expect(await statuses(`${V1}&u=x&p=${TOKEN}x`)).toBe(401);
    const { json, headers } = await write("m f=1", V2);
    expect([json.code, headers["www-authenticate"]]).toEqual(["unauthorized", "Bearer"]);
  });

  it("of a page in a browser is refused where there is no token", async () => {
    const { write, post } = await openInflux();
    expect((await write("m f=1", V2, { Origin: "https://example.com" })).status).toBe(403);
    expect((await post("", { Origin: "https://example.com" }, "/query?q=CREATE+DATABASE+x")).status).toBe(403);
  });

  it("is answered with 503 and Retry-After where there is no room, and health fails", async () => {
    const storage = createMemoryStorage();
    const lake: LakeStorage = {
      ...storage,
      create: () => Promise.reject(new VantageflowError("storage_failed", "Cannot write: the lake is down.")),
    };
    const limits = { ms: 60_000, bytes: 100, records: 1 };
    const { write, port } = await openInflux({ limits, maxPendingBytes: 50, retryMs: 5 }, lake);
    expect((await write("m f=1")).status).toBe(204);
    const full = await write("m f=1");
    expect([full.status, full.json.code, full.headers["retry-after"]]).toEqual([503, "unavailable", "5"]);
    const { status, json } = await send(port, { path: "/health" });
    expect([status, json]).toMatchObject([503, { status: "fail", message: expect.stringContaining("lake") }]);
  });
});

describe("whoever asks whether InfluxDB is there", () => {
  it("is answered as by InfluxDB, without a token", async () => {
    const { port } = await openInflux({ token: TOKEN });
    for (const method of ["GET", "HEAD"]) {
      const ping = await send(port, { path: "/ping", method });
      expect([ping.status, ping.headers["x-influxdb-version"]]).toEqual([204, "v2.7.0"]);
      const health = await send(port, { path: "/health", method });
      expect([health.status, health.headers["x-influxdb-build"]]).toEqual([200, "vantageflow"]);
      if (method === "GET") expect(health.json).toMatchObject({ name: "vantageflow", status: "pass", checks: [] });
    }
  });

  it("may make a database, and asks for readings elsewhere", async () => {
    const { post } = await openInflux({ token: TOKEN });
    const form = { "Content-Type": "application/x-www-form-urlencoded", Authorization: `Token ${TOKEN}` };
    const made = await post('q=CREATE+DATABASE+"x"', form, "/query");
    expect([made.status, made.json]).toEqual([200, { results: [{ statement_id: 0 }] }]);
    expect((await post("", form, "/query?q=SELECT+1")).json.error).toMatch(/vantageflow sql/);
    expect((await post("", {}, "/query?q=CREATE+DATABASE+x")).status).toBe(401);
  });
});
