import { readFileSync } from "node:fs";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { readSparkplug, rebirthCommand } from "../../../src/streams/doors/mqtt/sparkplug/decode.ts";
import { EdgeNodes } from "../../../src/streams/doors/mqtt/sparkplug/nodes.ts";

interface Recorded {
  readonly library: string;
  readonly topic: string;
  readonly hex: string;
  /** Metrics that were null in it. */
  readonly nulls: readonly string[];
}
const recorded: { meant: [string, string, number | boolean][]; messages: Recorded[] } = JSON.parse(
  readFileSync("test/streams/doors/sparkplug/messages.json", "utf8"),
);
const bytesOf = ({ hex }: Recorded) => Buffer.from(hex, "hex");
const births = recorded.messages.filter(({ topic }) => topic.includes("BIRTH"));

describe("messages of Sparkplug B that other libraries wrote", () => {
  it("are of three libraries", () => {
    expect(new Set(recorded.messages.map(({ library }) => library.split(" ")[0])).size).toBe(3);
  });

  it("come out as what was meant: signs, unsigned integers, floats, booleans, nulls, and aliases by their birth", () => {
    const nodes = new EdgeNodes();
    for (const message of recorded.messages) {
      const [, group, , node] = message.topic.split("/");
      const told = nodes.read(message.topic, bytesOf(message));
      const found = told.cells.map(([time, device, value]) => [device, value, time]);
      const wanted = recorded.meant
        .filter(([name]) => !message.nulls.includes(name))
        .map(([name, , value]) => [`${group}.${node}.${name.replaceAll("/", ".")}`, String(Number(value))]);
      const isBirth = message.topic.includes("BIRTH");
      const time = isBirth ? "2025-12-27T00:00:00.000Z" : "2025-12-27T00:00:01.000Z";
      expect([message.library, told.refused, found]).toEqual([
        message.library,
        [],
        wanted.map((one) => [...one, time]),
      ]);
    }
  });

  it("without a birth are no readings, and say who is to be born again", () => {
    const data = recorded.messages.filter(({ topic }) => topic.includes("DATA"));
    expect(data.length).toBeGreaterThan(1);
    for (const message of data) {
      const { cells, refused, unborn } = new EdgeNodes().read(message.topic, bytesOf(message));
      expect([cells.length, refused.length, unborn]).toEqual([
        0,
        recorded.meant.length,
        message.topic.replace(/^spBv1.0\/g\/NDATA/, "g"),
      ]);
    }
  });

  it("tell deaths, but not one of before the last birth", () => {
    const nodes = new EdgeNodes();
    const [birth] = births;
    nodes.read(birth.topic, bytesOf(birth));
    const death = (bdSeq: number) => Buffer.from([0x12, 11, 0x0a, 5, ...Buffer.from("bdSeq"), 0x20, 8, 0x58, bdSeq]);
    const topic = birth.topic.replace("NBIRTH", "NDEATH");
    expect(nodes.read(topic, death(6)).death).toBeNull();
    expect(nodes.read(topic, death(7)).death).toBe("g/node");
    expect(nodes.read("spBv1.0/g/DDEATH/node/d1", Buffer.alloc(0)).death).toBe("g/node/d1");
  });

  /** A message of metrics that each have a name, an alias, or neither, a time, and the value 1. */
  function messageOf(metrics: readonly { name?: string; alias?: number; time?: bigint }[]): Uint8Array {
    const message = new BinaryWriter();
    for (const { name, alias, time } of metrics) {
      const metric = new BinaryWriter();
      if (name !== undefined) metric.tag(1, WireType.LengthDelimited).string(name);
      if (alias !== undefined) metric.tag(2, WireType.Varint).uint32(alias);
      if (time !== undefined) metric.tag(3, WireType.Varint).uint64(String(time));
      metric.tag(4, WireType.Varint).uint32(3).tag(10, WireType.Varint).uint32(1);
      message.tag(2, WireType.LengthDelimited).bytes(metric.finish());
    }
    return message.finish();
  }

  it("with a time that no timestamp can say, or a metric that is called nothing, are refused, and nobody is to be born again", () => {
    const metrics = [{ name: "a", time: 253_402_300_799_999n }, { name: "b", time: 253_402_300_800_000n }, {}];
    const { cells, refused, unborn } = new EdgeNodes().read("spBv1.0/g/NDATA/n", messageOf(metrics));
    expect(cells.map(([time, device]) => [time, device])).toEqual([["9999-12-31T23:59:59.999Z", "g.n.a"]]);
    expect([refused.map(({ reason }) => reason), unborn]).toEqual([["timestamp_invalid", "metric_unnamed"], null]);
  });

  it("with more metrics than memory is to hold are refused whole, for their number, and one below it is read", () => {
    const empty = (metrics: number) => Buffer.from([0x12, 0]).toString("hex").repeat(metrics);
    const read = (metrics: number) => new EdgeNodes().read("spBv1.0/g/NDATA/n", Buffer.from(empty(metrics), "hex"));
    expect(read(400_000).refused).toHaveLength(400_000);
    expect(() => read(400_001)).toThrow(/^it has more than 400000 metrics$/);
  });

  it("are kept up to a limit in all: the oldest births go first, of nodes and of what one names", () => {
    const nodes = new EdgeNodes();
    const name = "n".repeat(1_000_000);
    const unborn = (node: string) => nodes.read(`spBv1.0/g/NDATA/${node}`, messageOf([{ alias: 1 }])).unborn;
    for (let i = 0; i < 60; i++) nodes.read(`spBv1.0/g/NBIRTH/n${i}`, messageOf([{ name, alias: 1 }]));
    expect([unborn("n59"), unborn("n20"), unborn("n0")]).toEqual([null, null, "g/n0"]);
    nodes.read("spBv1.0/g/NBIRTH/n1", messageOf([{ name: "a", alias: 1 }]));
    expect([unborn("n1"), unborn("n59")]).toEqual([null, null]);
  });

  it("that are damaged or cut off are refused whole, whatever the place", () => {
    for (const message of births) {
      const bytes = bytesOf(message);
      for (let end = 1; end < bytes.length; end++) {
        const { cells, refused } = new EdgeNodes().read(message.topic, bytes.subarray(0, end));
        expect(cells.length === 0 || refused.length === 0).toBe(true);
      }
      expect(new EdgeNodes().read(message.topic, Buffer.from("not protobuf")).refused).toHaveLength(1);
    }
  });

  it("to have a node born again are what its library reads", () => {
    const { time, metrics } = readSparkplug(rebirthCommand(1_766_793_600_000));
    expect([time, metrics]).toEqual([
      1_766_793_600_000,
      [expect.objectContaining({ name: "Node Control/Rebirth", type: 11, integer: 1n, isNull: false })],
    ]);
  });
});
