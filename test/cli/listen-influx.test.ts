import { setTimeout as sleep } from "node:timers/promises";
import { InfluxDB, Point, setLogger } from "@influxdata/influxdb-client";
import { describe, expect, it } from "vitest";
import { bronzeRowsIn } from "./bronze-rows.ts";
import { cli, folder } from "./run-cli.ts";
import { startListen } from "./start-listen.ts";

const TOKEN = "a-token-of-a-device-0123";
setLogger({ warn: () => {}, error: () => {} });

/** A retry is due soon. */
const RETRIES = { minRetryDelay: 10, maxRetryDelay: 50, retryJitter: 1, maxRetries: 100, flushInterval: 0 };

/** What one writer of the official client (npm, 1.35.0) writes with, at a door. */
function writerAt(port: number, options: object = {}) {
  const url = `http://127.0.0.1:${port}`;
  return new InfluxDB({ url, token: TOKEN }).getWriteApi("org", "bucket", "ns", { ...RETRIES, ...options });
}

describe("the official client of InfluxDB", () => {
  it("writes to listen as to InfluxDB: what it flushed is in gold, to the last digit, and it is told of what is no reading", async () => {
    const cwd = folder();
    const listen = await startListen(cwd, [], { VANTAGEFLOW_LISTEN_TOKEN: TOKEN });
    const writer = writerAt(listen.port, { defaultTags: { site: "north" } });
    const point = (time: string) => new Point("pump").tag("id", "p 1,=ü").timestamp(time);
    writer.writePoint(
      point("1735689600123456789")
        .floatField("zero", 0)
        .floatField("level", -12.5)
        .intField("count", "-5")
        .uintField("total", "9007199254740993")
        .booleanField("running", false)
        .stringField("mode", 'auto, "fast"\nline 2')
        .stringField("note", ""),
    );
    writer.writePoint(point("1735689600123456790").floatField("level", 1e-7));
    await writer.close();
    const device = "pump.p 1,=ü.north";
    const rows = [
      ["789", "count", "-5"],
      ["789", "level", "-12.5"],
      ["790", "level", "1e-7"],
      ["789", "running", "0"],
      ["789", "total", "9007199254740993"],
      ["789", "zero", "0"],
    ].map(([end, field, value]) => `2025-01-01T00:00:00.123456${end}Z,"${device}.${field}",${value},,0`);
    expect(await listen.end("SIGTERM")).toBe(143);
    expect(bronzeRowsIn(cwd).sort()).toEqual(rows.sort());
    const troubles = listen.lines.filter(({ type }) => type === "trouble").map(({ message }) => message);
    expect(troubles).toEqual([expect.stringMatching(/"pump\.mode"/), expect.stringMatching(/"pump\.note"/)]);
    await cli(["run", "--lake", "lake"], { cwd });
    expect((await cli(["report", "--lake", "lake"], { cwd })).stdout).toContain(`${device}.level\t1\t2\t`);
  });

  it("is told which line is wrong, and by another token, and does not try these again", async () => {
    const listen = await startListen(folder(), [], { VANTAGEFLOW_LISTEN_TOKEN: TOKEN });
    let tries = 0;
    const writer = writerAt(listen.port, { writeFailed: () => void tries++ });
    writer.writeRecords(["m f=1 1", "m f=x 2"]);
    await expect(writer.flush()).rejects.toMatchObject({
      statusCode: 400,
      code: "invalid",
      message: expect.stringMatching(/^unable to parse 'm f=x 2': .* \(line 2\)$/),
    });
    const stranger = new InfluxDB({ url: `http://127.0.0.1:${listen.port}`, token: "x" }).getWriteApi("o", "b", "ms");
    stranger.writeRecord("m f=1");
    await expect(stranger.flush()).rejects.toMatchObject({ statusCode: 401, code: "unauthorized" });
    await Promise.all([writer.close(), stranger.close()]);
    expect(tries).toBe(1);
  });

  it("that tries again while listen is killed and started again has each point in bronze once", async () => {
    const cwd = folder();
    const env = { VANTAGEFLOW_LISTEN_TOKEN: TOKEN };
    const flags = ["--flush-seconds", "0.2"];
    let listen = await startListen(cwd, flags, env);
    const [{ port }, sent] = [listen, [] as string[]];
    // It binds the same port again, as behind a fixed address.
    let written = 0;
    const writer = writerAt(port, {
      batchSize: 5,
      writeSuccess(lines: readonly string[]) {
        written += lines.length;
      },
    });
    for (let batch = 0; batch < 60; batch++) {
      for (let i = 0; i < 5; i++) {
        const time = `${1735689600n * 1_000_000_000n + BigInt(sent.length)}`;
        sent.push(time);
        writer.writePoint(new Point("m").floatField("f", 1).timestamp(time));
      }
      if (batch % 20 === 10) {
        await listen.end("SIGKILL");
        listen = await startListen(cwd, [...flags, "--http", String(port)], env);
      }
      await sleep(5);
    }
    // Its close() throws away what it has not yet tried again.
    while (written < sent.length) await sleep(5);
    await writer.close();
    expect(await listen.end("SIGTERM")).toBe(143);
    const times = bronzeRowsIn(cwd)
      .sort()
      .map((row) => row.replace(/^.*00\.(\d{9})Z,m\.f,1,,0$/, "1735689600$1"));
    expect(times).toEqual(sent);
  });
});
