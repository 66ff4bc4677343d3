import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { hasMosquitto, publish, startMosquitto } from "../mosquitto.ts";
import { cli, folder, tree } from "./run-cli.ts";
import { startListen } from "./start-listen.ts";

const ZIGBEE = fs.readFileSync("fixtures/contract-messages/contracts/zigbee.json", "utf8");
const POINTS = JSON.stringify({
  ...{ version: 1, name: "points", prefix: "bronze/stream/points/", suffixes: [".lp"], format: { type: "influx" } },
  reading: {
    device_id: { template: "{host}.{measure}" },
    value: { measures: { usage_idle: { as: "idle", unit: "%" } } },
  },
});
/** Each message has a time of its own. */
const TIMED = ZIGBEE.replace('"column": "received"', '"column": "payload.time"').replaceAll("zigbee", "timed");
const TOPIC = ["--topic", "zigbee2mqtt/{device_id}"];
const FAST = ["--flush-seconds", "0.2", "--flush-records", "20"];

const lakeWith = () => folder({ "zigbee.json": ZIGBEE, "points.json": POINTS, "timed.json": TIMED });

const send = (port: number, path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body, headers });

const filesIn = (cwd: string, layer: string) =>
  Object.entries(tree(join(cwd, "lake"), [layer])).map(([name, text]) => [
    name,
    Buffer.from(text, "latin1").toString(),
  ]);

/** What stands in a layer, row by row without the header. */
function rowsIn(cwd: string, layer: string): string[] {
  return filesIn(cwd, layer).flatMap(([name, text]) =>
    name.includes(".rejects.") ? [] : text.trimEnd().split("\n").slice(1),
  );
}

async function untilMessages(cwd: string, count: number): Promise<void> {
  const messages = () =>
    Object.values(tree(join(cwd, "lake"), ["bronze"])).flatMap((text) => text.trimEnd().split("\n")).length;
  await expect.poll(() => (fs.existsSync(join(cwd, "lake", "bronze")) ? messages() : 0)).toBeGreaterThanOrEqual(count);
}

/** What waits in the spool. */
const segmentsIn = (cwd: string) => Object.values(tree(join(cwd, "lake", ".vantageflow"), ["streams"])).join("");

describe("vantageflow listen --contract", () => {
  it("brings messages and points into bronze as they came, and the contract reads them there", async () => {
    const cwd = lakeWith();
    const listen = await startListen(cwd, ["--contract", "zigbee.json", "points.json"]);
    const { port } = listen;
    const message = '{"temperature": 21.50,\n "humidity": 40, "linkquality": 100}';
    expect((await send(port, "/v1/messages/zigbee/kitchen", message)).status).toBe(202);
    const lines = { "Content-Type": "application/x-ndjson", "Idempotency-Key": "k" };
    for (let i = 0; i < 2; i++) {
      const sent = await send(port, "/v1/messages/zigbee/plant/hall", '{"battery": 1}\n\n{"battery": 2}\n', lines);
      expect(await sent.json()).toEqual({ accepted: 2, rejected: [] });
    }
    const points = await send(port, "/write?precision=s", 'cpu,host=a usage_idle=99.5,state="x" 1766793600');
    expect(points.status).toBe(204);
    const wrong = await Promise.all([
      send(port, "/v1/messages/other", "1"),
      send(port, "/v1/messages/zigbee", ""),
      send(port, "/v1/messages/zigbee", `"${"x".repeat(1_100_000)}"`),
    ]);
    expect(wrong.map(({ status }) => status)).toEqual([404, 400, 413]);
    expect(await wrong[0].text()).toContain("/v1/messages/zigbee");
    expect(await listen.end("SIGTERM")).toBe(143);
    const bronze = Object.values(tree(join(cwd, "lake"), ["bronze"])).join("");
    expect(bronze).toContain('"payload":{"temperature": 21.50,  "humidity": 40, "linkquality": 100},"received":"20');
    expect(bronze).toContain('cpu,host=a usage_idle=99.5,state="x" 1766793600000000000\n#1\n');
    expect((await cli(["run"], { cwd })).code).toBe(0);
    const readings = rowsIn(cwd, "silver").map((row) => row.split(",").slice(1, 4).join());
    expect(readings.sort()).toEqual([
      "a.idle,99.5,%",
      "kitchen.rh,40,%",
      "kitchen.temp,21.50,°C",
      "plant.hall.battery,1,%",
      "plant.hall.battery,2,%",
    ]);
    const key = Object.keys(tree(join(cwd, "lake"), ["bronze"])).find((name) => name.endsWith(".lp"));
    expect((await cli(["explain", `${key}`], { cwd })).stdout).toMatch(
      /records behind 0, up to 1, of shard .* of points/,
    );
  });

  it("loses nothing and has nothing twice that was acknowledged, killed again and again", async () => {
    const cwd = lakeWith();
    let sent = 0;
    for (let run = 0; run < 3; run++) {
      const listen = await startListen(cwd, ["--contract", "zigbee.json", ...FAST]);
      const gone = sleep(400 + 150 * run).then(() => listen.end("SIGKILL"));
      for (;;) {
        const key = { "Idempotency-Key": `k${sent}` };
        const answer = await send(listen.port, "/v1/messages/zigbee/d", `{"battery": ${sent}}`, key).catch(() => null);
        if (answer?.status !== 202) break;
        sent++;
      }
      await gone;
    }
    const last = await startListen(cwd, ["--contract", "zigbee.json"]);
    const key = { "Idempotency-Key": `k${sent}` };
    expect((await send(last.port, "/v1/messages/zigbee/d", `{"battery": ${sent}}`, key)).status).toBe(202);
    await last.end("SIGTERM");
    await cli(["run"], { cwd });
    const values = rowsIn(cwd, "silver").map((row) => Number(row.split(",")[2]));
    expect(values.sort((a, b) => a - b)).toEqual(Array.from({ length: sent + 1 }, (_, i) => i));
  });

  it("brings in what was left for whatever contract, also where that is gone or another, in the form in which it came", async () => {
    const cwd = lakeWith();
    const first = await startListen(cwd, ["--contract", "zigbee.json", "points.json"]);
    await send(first.port, "/v1/messages/zigbee/d", '{"battery": 1}');
    await send(first.port, "/write", "cpu,host=a usage_idle=1 1766793600000000000");
    await first.end("SIGKILL");
    const status = await cli(["status"], { cwd });
    expect(status.stdout).toMatch(
      /1 reading by zigbee\.ndjson\.http was acknowledged.*vantageflow listen --http 4280/s,
    );
    await cli(["contract", "remove", "zigbee", "--yes"], { cwd });
    const next = await startListen(cwd);
    await expect.poll(() => filesIn(cwd, "bronze").length).toBe(2);
    await next.end("SIGTERM");
    expect(filesIn(cwd, "bronze")).toEqual([
      [expect.stringMatching(/\/0\.lp$/), "cpu,host=a usage_idle=1 1766793600000000000\n#1\n"],
      [
        expect.stringMatching(/\/0\.ndjson$/),
        expect.stringMatching(/^\{"topic":"d",.*"payload":\{"battery": 1\}.*"sequence":1\}\n$/),
      ],
    ]);
  });

  it("is the same request by its key only with the same topic, and lines are others than a message", async () => {
    const cwd = lakeWith();
    const { port } = await startListen(cwd, ["--contract", "zigbee.json"]);
    const key = { "Idempotency-Key": "k" };
    const lines = { "Content-Type": "application/x-ndjson" };
    const asked = [
      await send(port, "/v1/messages/zigbee/a", "1\n2", key),
      await send(port, "/v1/messages/zigbee/a", "1\n2", key),
      await send(port, "/v1/messages/zigbee/b", "1\n2", key),
      await send(port, "/v1/messages/zigbee/a", "1\n2", { ...key, ...lines }),
      await send(port, "/v1/messages/zigbee/%00", "1"),
      await send(port, "/v1/messages/zigbee/%E0%A4%A", "1"),
      await fetch(`http://127.0.0.1:${port}/v1/messages/zigbee/a`),
      await send(port, "/v1/messages/zigbee", "\n".repeat(9_000_000), lines),
      await send(port, "/v1/messages/zigbee", "1\n".repeat(4_000_000), lines),
    ];
    expect(asked.map(({ status }) => status)).toEqual([202, 202, 422, 422, 400, 400, 405, 400, 413]);
  });

  it("keeps one message with a NUL, or with too much of everything, from being the loss of others", async () => {
    const all = JSON.stringify({
      ...{ version: 1, name: "all", prefix: "bronze/stream/all/", suffixes: [".ndjson"], format: { type: "ndjson" } },
      reading: {
        timestamp: { column: "received" },
        device_id: { template: "{device_id}.{measure}" },
        value: { pattern: "payload.*" },
        unit: { constant: "" },
        carry: ["payload.note"],
      },
    });
    const cwd = folder({ "all.json": all });
    const listen = await startListen(cwd, ["--contract", "all.json"]);
    const numbers = Array.from({ length: 2000 }, (_, i) => [`n${i}`, i]);
    const large = JSON.stringify({ note: "x".repeat(40_000), ...Object.fromEntries(numbers) });
    for (const message of ['{"a": 1}', '{"a": 2, "note": "\\u0000"}', large, '{"a": 3}']) {
      expect((await send(listen.port, "/v1/messages/all/d", message)).status).toBe(202);
    }
    await listen.end("SIGTERM");
    expect((await cli(["run"], { cwd })).code).toBe(0);
    expect(rowsIn(cwd, "silver").map((row) => row.split(",")[2])).toEqual(["1", "3"]);
    const rejects = filesIn(cwd, "anomalies").find(([name]) => name.includes(".rejects."));
    expect(rejects?.[1]).toMatch(/json_invalid.*record_too_large/s);
    expect((await cli(["tables", "sync"], { cwd })).code).toBe(0);
  });

  it.skipIf(!hasMosquitto)("takes messages of MQTT, once where the contract reads their own time", async () => {
    const [cwd, broker] = [lakeWith(), await startMosquitto()];
    const listen = await startListen(cwd, ["--mqtt", broker.url, ...TOPIC, "--contract", "timed.json", ...FAST]);
    const one = '{"time": "2025-12-27T00:00:00Z", "temperature": 20}';
    // What says no time is another one each time.
    for (const message of [one, one, one.replace("20}", "21}"), "offline", "offline", '{"on": 1}', '{"on": 1}']) {
      publish(broker.port, "zigbee2mqtt/hall", message);
    }
    await untilMessages(cwd, 6);
    expect(await listen.end("SIGTERM")).toBe(143);
    // Not in bronze yet: what is in the spool is known, too.
    const killed = await startListen(cwd, ["--mqtt", broker.url, ...TOPIC, "--contract", "timed"]);
    publish(broker.port, "zigbee2mqtt/hall", one.replace("20}", "22}"));
    await expect.poll(() => segmentsIn(cwd)).toContain('"temperature": 22}');
    expect(await killed.end("SIGKILL")).toBe(null);
    const again = await startListen(cwd, ["--mqtt", broker.url, ...TOPIC, "--contract", "timed", ...FAST]);
    for (const value of ["20}", "22}", "23}"]) publish(broker.port, "zigbee2mqtt/hall", one.replace("20}", value));
    await untilMessages(cwd, 8);
    expect(await again.end("SIGTERM")).toBe(143);
    expect((await cli(["run"], { cwd })).code).toBe(0);
    expect(rowsIn(cwd, "silver").sort()).toEqual(
      [20, 21, 22, 23].map((value) => `2025-12-27T00:00:00Z,hall.temp,${value},°C,0,zigbee2mqtt/hall`),
    );
  });

  it.each([
    [
      "its folder",
      ZIGBEE.replace("stream/zigbee/", "zigbee/"),
      /Set "prefix" to "bronze\/stream\/zigbee\/" and "suffixes" to \["\.ndjson"\]/,
    ],
    ["a folder of a door's own", ZIGBEE.replace("stream/zigbee/", "stream/mqtt/"), /Set "prefix" to/],
    ["how its names end", ZIGBEE.replace(".ndjson", ".json"), /"suffixes" to \["\.ndjson"\]/],
    ["its format", ZIGBEE.replace('"ndjson" }', '"json" }'), /set "type" to "ndjson", or to "influx"/],
    ["a column that no message has", ZIGBEE.replace('"payload.humidity"', '"humidity"'), /write "payload\.humidity"/],
    ["a name in its template", ZIGBEE.replace("{device_id}", "{device}"), /reads the column "device"/],
    ["its encoding", ZIGBEE.replace('"ndjson" }', '"ndjson", "encoding": "utf-16le" }'), /Leave "encoding" out/],
    ["its compression", POINTS.replace('"influx"', '"influx","compression":"gzip"'), /Leave "compression" out/],
    ["the precision of points", POINTS.replace('"influx"', '"influx","precision":"s"'), /Set it to "ns"/],
  ])("refuses a contract for %s, and says what to change", async (_, text, message) => {
    const cwd = folder({ "c.json": text });
    const { code, stderr } = await cli(["listen", "--http", "0", "--contract", "c.json"], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    // What is not mended yet is not in force.
    expect(filesIn(cwd, "contracts")).toEqual([]);
  });

  it("refuses a contract that no door could serve, or that is none of the lake's", async () => {
    const cwd = lakeWith();
    const mqtt = ["listen", "--mqtt", "mqtt://127.0.0.1:1", "--contract"];
    const calls = [
      [...mqtt, "points.json", ...TOPIC],
      [...mqtt, "zigbee.json", "timed.json", ...TOPIC],
      [...mqtt, "zigbee.json", "--topic", "spBv1.0/#"],
      ["listen", "--kinesis", "x", "--contract", "zigbee.json"],
      ["listen", "--http", "0", "--contract", "none"],
    ];
    const answers = await Promise.all(calls.map((args) => cli(args, { cwd })));
    expect(answers.map(({ stderr }) => stderr)).toEqual([
      expect.stringMatching(/Add --http 4280/),
      expect.stringMatching(/Start vantageflow listen for each/),
      expect.stringMatching(/Sparkplug B says itself what is what/),
      expect.stringMatching(/neither HTTP nor MQTT/),
      expect.stringMatching(/the lake has no such contract/),
    ]);
  });
});
