import type { MqttClient } from "mqtt";
import { describe, expect, it } from "vitest";
import { BrokerNews } from "../../../src/streams/doors/mqtt/broker-errors.ts";
import type { Message } from "../../../src/streams/doors/mqtt/connection.ts";
import { Probe } from "../../../src/streams/doors/mqtt/probe.ts";
import { readMessages } from "../../../src/streams/doors/mqtt/rows.ts";
import { EdgeNodes } from "../../../src/streams/doors/mqtt/sparkplug/nodes.ts";
import { filtersMeet, readTopics, Topics } from "../../../src/streams/doors/mqtt/topics.ts";
import { readingsOf } from "../readings-of.ts";

describe("a broker that does not come back", () => {
  it("is told again where it says something else, once a minute at most, and not before a first break", () => {
    let now = 0;
    const news = new BrokerNews(() => now);
    expect(news.isNews(new Error("gone"))).toBe(false);
    news.told(null);
    const newsAfter = (ms: number, why: string) => {
      now += ms;
      return news.isNews(new Error(why));
    };
    expect([
      newsAfter(59_999, "refused"),
      newsAfter(1, "refused"),
      newsAfter(70_000, "refused"),
      newsAfter(0, "gone"),
    ]).toEqual([false, true, false, true]);
    expect([news.isNews(null), newsAfter(60_000, "refused")]).toEqual([false, true]);
  });
});

describe("a probe", () => {
  it("of another door is no reading, and proves nothing", async () => {
    const probe = new Probe("one", ["#"]);
    const hears = (topic: string) =>
      probe.hears({ cmd: "publish", topic, payload: "1", qos: 1, dup: false, retain: false });
    const client = { publishAsync: async () => {} } as unknown as MqttClient;
    let isProven = false;
    const proof = probe.prove(client).then(() => {
      isProven = true;
    });
    expect([hears("vantageflow/probe/other"), hears("plant/a")]).toEqual([true, false]);
    await new Promise((go) => setImmediate(go));
    expect(isProven).toBe(false);
    expect(hears("vantageflow/probe/one")).toBe(true);
    await proof;
  });
});

describe("topics", () => {
  it("become filters, and name the device by their named parts, or all of them", () => {
    for (const [template, filter, topic, device] of [
      ["plant/{line}/{device_id}/{measure}", "plant/+/+/+", "plant/l1/d1/temp", "l1.d1.temp"],
      ["plant/+/{device_id}", "plant/+/+", "plant/l1/d1", "d1"],
      ["plant/{line}/#", "plant/+/#", "plant/l1/a/b", "l1"],
      ["plant/#", "plant/#", "plant", "plant"],
      ["plant/+/temp", "plant/+/temp", "plant/l1/temp", "plant.l1.temp"],
      ["/{device_id}", "/+", "/d1", "d1"],
    ]) {
      const templates = readTopics([template]);
      expect(templates[0].filter).toBe(filter);
      expect([template, new Topics(templates).of(topic).device]).toEqual([template, device]);
    }
  });

  it("are refused where a broker would, and where two fit one topic", () => {
    for (const wrong of ["", "a#", "#/a", "a+/b", "{a}{b}", "{a", "{}", "$share/g/a", "a\0"]) {
      expect(() => readTopics([wrong]), wrong).toThrow(/^Cannot use --topic/);
    }
    expect(() => readTopics(["a/+", "b", "a/{x}"])).toThrow(/"a\/\+" fit the same topics/);
  });

  it("meet exactly where a topic fits both filters", () => {
    const topics = ["", "a", "b"].flatMap((one) => ["", "/", "/a", "/b", "/a/b", "/b/a", "//"].map((end) => one + end));
    const filters = ["#", "+", "a", "a/#", "a/+", "+/a", "+/#", "a/b", "a/+/b", "a/+/#", "+/+", "/+", "+/+/+", "b/#"];
    const fits = (filter: string, topic: string) => {
      const pattern = filter.replaceAll("+", "[^/]*").replace(/^#$/, ".*").replace(/\/#$/, "(/.*)?");
      return new RegExp(`^${pattern}$`).test(topic);
    };
    for (const one of filters) {
      for (const other of filters) {
        const isMet = topics.some((topic) => fits(one, topic) && fits(other, topic));
        expect([one, other, filtersMeet(one, other)]).toEqual([one, other, isMet]);
      }
    }
  });
});

describe("messages", () => {
  const ARRIVAL = Date.parse("2026-01-01T00:00:00.000Z");
  const topics = new Topics(readTopics(["plant/{device_id}"]));
  const read = (payloads: readonly (string | Buffer)[], known: readonly string[] = [], topic = "plant/A") => {
    const messages = payloads.map(
      (one): Message => ({ ...{ topic, payload: Buffer.from(one), arrival: ARRIVAL, packet: 1, stream: null } }),
    );
    const { rows, ...rest } = readMessages(messages, { topics, nodes: new EdgeNodes() }, (id) => known.includes(id));
    return { ...rest, readings: readingsOf(rows) };
  };
  const valuesOf = (payloads: readonly string[]) => read(payloads).readings.map(({ value }) => value);

  it("keep numbers as they are written, and call nothing a number that is none", () => {
    const numbers = ["0", "-0", " -5 ", "9007199254740993", "-1e-7", '{"value": 0}', '{"value": "1.50"}'];
    expect(valuesOf(numbers)).toEqual(["0", "-0", "-5", "9007199254740993", "-1e-7", "0", "1.50"]);
    for (const none of ["on", "NaN", "1,5", "1 2", "0x10", "null", "[]]", '{"value": null}', `${"9".repeat(129)}`]) {
      const { readings, refused, ids } = read([none]);
      expect([none, readings.map(({ value }) => /^\w+_invalid: /.test(value)), refused.length, ids]).toEqual([
        none,
        [true],
        1,
        [],
      ]);
    }
    expect(valuesOf(["", "[]"])).toEqual([]);
  });

  it("count once with a time, every time without one, and twice with another value", () => {
    const at = (value: number) => `{"timestamp": "2025-12-27T00:00:00.000000001Z", "value": ${value}}`;
    expect(valuesOf([at(1), "1", `[${at(1)}, ${at(2)}]`, "1", '{"value": 1, "timestamp": ""}'])).toEqual([
      "1",
      "1",
      "2",
      "1",
      "1",
    ]);
    const { ids } = read([at(1)]);
    expect(read([at(1), at(2)], ids).readings.map(({ value }) => value)).toEqual(["2"]);
  });

  it("that hold much that is no reading become one row, which says how much; what is too much becomes one, too", () => {
    const many = read([`[${"1,".repeat(99_999)}{"value": 2}]`]);
    expect(many.readings.map(({ value }) => value)).toEqual([
      "2",
      `reading_invalid: [${"1,".repeat(23)}1 (99998 more in it)`,
    ]);
    expect(many.refused.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^not an object .* \(99998 more in it\)$/),
    ]);
    const long = `{"value": 1, "device_id": "${"d".repeat(256)}"}`;
    const senml = `[{"bn": "${"n".repeat(250)}", "n": "n", "v": 1}${',{"v":1}'.repeat(120_000)}]`;
    for (const large of [`[${Array(120_000).fill(long).join()}]`, senml]) {
      const { readings, refused } = read([large]);
      expect(readings.map(({ value }) => value.slice(0, 11))).toEqual(["too_large: "]);
      expect(refused.map(({ message }) => message)).toEqual([expect.stringMatching(/more than 32000000 bytes/)]);
    }
  });

  it("are taken whole where one has a hundred thousand readings, each with its time", () => {
    const at = (i: number) => `{"timestamp": ${1_766_793_600 + i}, "value": 1}`;
    const { readings, ids } = read([`[${Array.from({ length: 200_000 }, (_, i) => at(i)).join()}]`]);
    expect([readings.length, ids.length]).toEqual([200_000, 200_000]);
  });

  it("of Sparkplug B with millions of metrics are a row that says so", () => {
    const metrics = Buffer.alloc(10_000_000, Buffer.from([0x12, 0]));
    const { readings, refused } = read([metrics], [], "spBv1.0/g/NDATA/n");
    expect([readings.length, readings[0].value.slice(0, 11), refused.map(({ message }) => message)]).toEqual([
      1,
      "too_large: ",
      ["it has more than 400000 metrics"],
    ]);
  });

  it("of SenML count from their arrival, and keep a time of their own to the last digit", () => {
    const { readings, ids } = read(['[{"n": "B", "v": 1}, {"n": "B", "t": 1766793600.123456789, "v": 1}]']);
    expect(readings.map(({ timestamp, device }) => [timestamp, device])).toEqual([
      ["2026-01-01T00:00:00.000Z", "B"],
      ["2025-12-27T00:00:00.123456789Z", "B"],
    ]);
    expect(ids).toHaveLength(1);
  });
});
