import { once } from "node:events";
import * as net from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { VantageflowError } from "../../../src/errors.ts";
import { createMemoryStorage } from "../../../src/storage/memory.ts";
import type { LakeStorage } from "../../../src/storage/port.ts";
import { keysOf, textOf } from "../../pipeline/lake.ts";
import { ARRIVAL, openDoor, rowsOf, send } from "./open-door.ts";

const [JSON_TYPE, NDJSON, CSV] = ["application/json", "application/x-ndjson", "text/csv"];
const GOOD = '{"device_id":"A","value":1}';

describe("POST /v1/readings takes", () => {
  it.each([
    ["an object", JSON_TYPE, GOOD, [`${ARRIVAL},A,1,,0`]],
    ["an array", JSON_TYPE, `[${GOOD}, ${GOOD}]`, [`${ARRIVAL},A,1,,0`, `${ARRIVAL},A,1,,0`]],
    ["with a byte order mark", JSON_TYPE, `\ufeff${GOOD}`, [`${ARRIVAL},A,1,,0`]],
    ["a charset", `${NDJSON}; charset=utf-8`, `${GOOD}\r\n\n${GOOD}`, [`${ARRIVAL},A,1,,0`, `${ARRIVAL},A,1,,0`]],
    [
      "CSV",
      CSV,
      'value,device_id,timestamp\r\n1,"A,""b""",1735689600\r\n-2,B,\r\n',
      ['1735689600,"A,""b""",1,,0', `${ARRIVAL},B,-2,,0`],
    ],
    [
      "all columns",
      JSON_TYPE,
      '{"timestamp":"2025-01-01 00:00+02","device_id":"ü\\n1","value":"-1.5e3","unit":"°C","anomaly_score":0.75}',
      ['2025-01-01 00:00+02,"ü\n1",-1.5e3,°C,0.75'],
    ],
    [
      "numbers as they are written: 0, -0, 2^53+1, 1.0, nanoseconds, and texts of them",
      NDJSON,
      [
        '{"device_id":"A","value":0,"timestamp":"2025-01-01T00:00:00.123456789Z"}',
        '{"device_id":"A","value":-0,"timestamp":1735689600123}',
        '{"device_id":7,"value":9007199254740993,"unit":""}',
        '{"device_id":"A","value":1.0,"unit":null,"anomaly_score":null,"timestamp":null}',
      ].join("\n"),
      [
        "2025-01-01T00:00:00.123456789Z,A,0,,0",
        "1735689600123,A,-0,,0",
        `${ARRIVAL},7,9007199254740993,,0`,
        `${ARRIVAL},A,1.0,,0`,
      ],
    ],
  ])("%s", async (_, type, body, rows) => {
    const storage = createMemoryStorage();
    const { post, close } = await openDoor(storage);
    const { status, json } = await post(body, { "Content-Type": type });
    expect([status, json]).toEqual([202, { accepted: rows.length, rejected: [] }]);
    const packed = await post(gzipSync(body), { "Content-Type": type, "Content-Encoding": "gzip" });
    expect([packed.status, packed.json]).toEqual([202, { accepted: rows.length, rejected: [] }]);
    await close();
    const [key] = await keysOf(storage, "bronze/stream/http/");
    const table = (await textOf(storage, key))?.replace(/,\d+$/gm, "");
    expect(table).toBe(`timestamp,device_id,value,unit,anomaly_score,sequence\n${[...rows, ...rows].join("\n")}\n`);
  });

  it("the good ones and says of the others which and why", async () => {
    const { post, close } = await openDoor(createMemoryStorage());
    const bad: Record<string, string> = {
      '{"device_id":"","value":1}': "device_id_invalid",
      '{"value":1}': "device_id_invalid",
      [`{"device_id":"${"x".repeat(257)}","value":1}`]: "device_id_invalid",
      '{"device_id":"a\\u0000b","value":1}': "device_id_invalid",
      '{"device_id":"A"}': "value_invalid",
      '{"device_id":"A","value":"NaN"}': "value_invalid",
      '{"device_id":"A","value":1e101}': "value_invalid",
      '{"device_id":"A","value":"1,5"}': "value_invalid",
      '{"device_id":"A","value":false}': "value_invalid",
      '{"device_id":"A","value":{"a":[1,"]}"]}}': "value_invalid",
      '{"device_id":"A","value":1,"timestamp":"2025-02-30T00:00Z"}': "timestamp_invalid",
      '{"device_id":"A","value":1,"timestamp":1735689600.5}': "timestamp_invalid",
      '{"device_id":"A","value":1,"anomaly_score":2}': "anomaly_score_out_of_range",
      '{"device_id":"A","value":1,"anomaly_score":"x"}': "anomaly_score_invalid",
      [`{"device_id":"A","value":1,"unit":"${"x".repeat(65)}"}`]: "unit_invalid",
      '{"device_id":"A","value":1,"units":"C"}': "field_unknown",
      '{"device_id":"A","value":1,"value":2}': "key_twice",
      '{"device_id":"A","value":01}': "json_invalid",
      '{"device_id":"A","value":1': "json_invalid",
      '{"device_id":"A\tB","value":1}': "json_invalid",
      [`${"[".repeat(9999)}1`]: "json_invalid",
      "[]": "reading_invalid",
      "7": "reading_invalid",
    };
    const { status, json } = await post([GOOD, ...Object.keys(bad)].join("\n"), { "Content-Type": NDJSON });
    expect([status, json.accepted]).toEqual([202, 1]);
    expect(json.rejected.map(({ reason }: { reason: string }) => reason)).toEqual(Object.values(bad));
    expect(json.rejected.map(({ index }: { index: number }) => index)).toEqual(Object.keys(bad).map((_, i) => i + 1));
    for (const { message } of json.rejected) expect(message).toMatch(/\w/);
    await close();
  });

  it("CSV whose rows have other numbers of cells as rejected", async () => {
    const { post } = await openDoor();
    const { json } = await post("timestamp,device_id,value\n,A,1\n,A\n,A,1,5\n", { "Content-Type": CSV });
    expect(json).toMatchObject({ accepted: 1, rejected: [{ index: 1 }, { index: 2, reason: "field_count" }] });
  });

  it("tells of a hundred rejected readings one by one, and how many more there are", async () => {
    const { post } = await openDoor();
    const { status, json } = await post(`${GOOD}\n${"{}\n".repeat(150)}`, { "Content-Type": NDJSON });
    expect([status, json.rejected.length, json.rejected_more]).toEqual([202, 100, 50]);
  });
});

it("400,000 readings can be in a request, good or not, and of one more none is taken", async () => {
  const { post } = await openDoor();
  const json = (bad: number) => `[${"{},".repeat(bad)}${GOOD}]`;
  const { status, json: said } = await post(json(400_000));
  expect([status, said.error.message]).toEqual([413, expect.stringMatching(/more than 400000 readings/)]);
  expect(await post(json(399_999))).toMatchObject({ status: 202, json: { accepted: 1, rejected_more: 399_899 } });
});

describe("POST /v1/readings refuses, keeping nothing,", () => {
  it.each([
    [400, "what is no JSON", `[${GOOD},]`, {}],
    [400, "what stands behind the JSON", `${GOOD} x`, {}],
    [400, "no reading", "[]", {}],
    [400, "nothing", "", {}],
    [400, "what is not UTF-8", Buffer.from([0x22, 0xff, 0x22]), {}],
    [400, "a NUL", "\0", {}],
    [400, "CSV without a column", "device_id,value\nA,1\n", { "Content-Type": CSV }],
    [400, "CSV with another column", "timestamp,device_id,value,room\n,A,1,2\n", { "Content-Type": CSV }],
    [400, "what is not gzip", GOOD, { "Content-Encoding": "gzip" }],
    [400, "gzip that breaks off", gzipSync(GOOD).subarray(0, 20), { "Content-Encoding": "gzip" }],
    [400, "a key that is too long", GOOD, { "Idempotency-Key": "k".repeat(256) }],
    [413, "more than 10 MB", Buffer.alloc(10_000_001, 32), {}],
    [
      413,
      "gzip that inflates to more than 10 MB",
      gzipSync(Buffer.alloc(200_000_000, 32)),
      { "Content-Encoding": "gzip" },
    ],
    [415, "another type", GOOD, { "Content-Type": "text/plain" }],
    [415, "another encoding", GOOD, { "Content-Encoding": "br" }],
    [422, "readings of which none is one", '{"device_id":"A"}', {}],
    [403, "what a page in a browser sends", GOOD, { Origin: "https://example.com" }],
  ])("%i %s", async (status, _, body, headers) => {
    const storage = createMemoryStorage();
    const { post, close, inlet } = await openDoor(storage);
    const answer = await post(body, headers as Record<string, string>);
    expect([answer.status, answer.json.error?.message ?? "told"]).toEqual([
      status,
      expect.stringMatching(/^told$|\.$/),
    ]);
    expect(inlet.pendingBytes).toBe(0);
    // The door stands open.
    expect((await post(GOOD)).status).toBe(202);
    await close();
    expect(await rowsOf(storage)).toEqual([`${ARRIVAL},A,1,,0`]);
  });

  it("413 what is too large and does not say so, and 405 and 404 what it does not know", async () => {
    const { port, post } = await openDoor();
    const headers = { "Content-Type": JSON_TYPE, "Transfer-Encoding": "chunked" };
    const large = await send(port, { method: "POST", path: "/v1/readings", headers }, Buffer.alloc(12_000_000, 32));
    expect(large.status).toBe(413);
    expect((await send(port, { path: "/v1/readings" })).status).toBe(405);
    expect((await post(GOOD, {}, "/v2")).status).toBe(404);
  });

  it("401 whoever has not the token, which no answer shows; health is everybody's", async () => {
    const token = "a-token-of-a-device-0123";
    const { post, port } = await openDoor(undefined, { token });
    for (const Authorization of ["", "Bearer", "Bearer x", `Basic ${token}`, `Bearer ${token}x`]) {
      const { status, headers, json } = await post(GOOD, { Authorization });
      expect([status, headers["www-authenticate"], JSON.stringify(json).includes(token)]).toEqual([
        401,
        "Bearer",
        false,
      ]);
    }
    expect((await post(GOOD, { Authorization: `Bearer ${token}`, Origin: "https://example.com" })).status).toBe(202);
    expect((await send(port, { path: "/health" })).json).toMatchObject({
      status: "pass",
      pending_bytes: expect.any(Number),
    });
  });

  it("503 with Retry-After while the lake takes nothing and there is no room, and then goes on", async () => {
    const storage = createMemoryStorage();
    let isDown = true;
    const lake: LakeStorage = {
      ...storage,
      async create(key, options) {
        if (isDown) throw new VantageflowError("storage_failed", "Cannot write: the lake is down.");
        return storage.create(key, options);
      },
    };
    const limits = { ms: 60_000, bytes: 100, records: 1 };
    const { post, close } = await openDoor(lake, { limits, maxPendingBytes: 300, retryMs: 5 });
    let taken = 0;
    for (let status = 202; status === 202; ) {
      const answer = await post(GOOD);
      status = Number(answer.status);
      if (status === 202) taken++;
      else expect([status, answer.headers["retry-after"]]).toEqual([503, "5"]);
    }
    isDown = false;
    while ((await post(GOOD)).status !== 202);
    await close();
    expect(taken).toBeGreaterThan(0);
    expect(await rowsOf(storage)).toHaveLength(taken + 1);
  });

  it("429 when too much is being sent at once, and takes it later", async () => {
    const { port, post } = await openDoor();
    const head = `POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: 9900000\r\n\r\n`;
    const half = Buffer.concat([Buffer.from(head), Buffer.alloc(9_800_000, 32)]);
    const open = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const socket = net.connect(port, "127.0.0.1");
        socket.on("error", () => {});
        const said = { text: "" };
        socket.on("data", (bytes) => {
          said.text += bytes;
        });
        socket.write(half);
        return { socket, said };
      }),
    );
    while (!open.some(({ said }) => said.text.includes("\r\n\r\n"))) await new Promise((go) => setTimeout(go, 10));
    expect(open.filter(({ said }) => said.text.startsWith("HTTP/1.1 429")).length).toBe(1);
    for (const { socket } of open) socket.destroy();
    while ((await post(GOOD)).status !== 202);
  });
});

describe("the door is not held open by", () => {
  it("a client that does not go on with its headers or its body", async () => {
    const { port, post } = await openDoor(undefined, { patienceMs: 100 });
    const head = `POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Type: ${JSON_TYPE}\r\n`;
    for (const text of ["", "POST /v1", head, `${head}Content-Length: 100\r\n\r\n{"dev`]) {
      const socket = net.connect(port, "127.0.0.1");
      socket.write(text);
      socket.on("error", () => {});
      socket.resume();
      await once(socket, "close");
    }
    expect((await post(GOOD)).status).toBe(202);
  });

  it("more clients than there is room for: the others are served", async () => {
    const { port } = await openDoor(undefined, { maxConnections: 3 });
    const sockets = [1, 2, 3, 4, 5, 6].map(() => net.connect(port, "127.0.0.1").on("error", () => {}));
    const closed = await Promise.all(
      sockets.map((socket) =>
        Promise.race([once(socket, "close").then(() => 1), new Promise((go) => setTimeout(go, 300, 0))]),
      ),
    );
    expect(closed.filter((one) => one === 1).length).toBe(3);
    for (const socket of sockets) socket.destroy();
  });
});

describe("an Idempotency-Key", () => {
  it("is answered the same, by the next process too, and what came is in bronze once", async () => {
    const storage = createMemoryStorage();
    const first = await openDoor(storage);
    const body = `${GOOD}\n{}`;
    const headers = { "Content-Type": NDJSON, "Idempotency-Key": "k1" };
    const answers = await Promise.all([first.post(body, headers), first.post(body, headers)]);
    answers.push(await first.post(gzipSync(body), { ...headers, "Content-Encoding": "gzip" }));
    expect((await first.post(GOOD, headers)).status).toBe(422);
    await first.close();
    const second = await openDoor(storage, { folder: first.folder });
    answers.push(await second.post(body, headers));
    expect((await second.post(GOOD, headers)).status).toBe(422);
    await second.close();
    const rejected = [{ index: 1, reason: "device_id_invalid", message: expect.any(String) }];
    for (const { status, json } of answers) expect([status, json]).toEqual([202, { accepted: 1, rejected }]);
    expect(await rowsOf(storage)).toEqual([`${ARRIVAL},A,1,,0`]);
  });
});
