import { TIMESTAMP_INVALID } from "../../../../pipeline/rejects.ts";
import { BadRequest } from "../../body.ts";
import { type Cells, type NoReading, noReading } from "../../reading.ts";
import { metricValue, readSparkplug, type SparkplugMetric } from "./decode.ts";

/** What is kept of edge nodes at most, about, in bytes; the oldest go, and are asked to be born again. */
const MAX_BYTES = 100_000_000;
/** What a node, and a name or alias of it, takes beside its texts. */
const [NODE_BYTES, NAME_BYTES] = [1000, 150];

/** What an alias stands for, by a birth. */
interface Born {
  readonly name: string;
  readonly type: number;
}

interface EdgeNode {
  readonly aliases: Map<string, Born>;
  /** Types by device and name: what is born may leave them out from then on. */
  readonly types: Map<string, number>;
  bdSeq: bigint | null;
  bytes: number;
}

/** What a message of Sparkplug B comes to. */
export interface Told {
  readonly cells: readonly Cells[];
  readonly refused: readonly NoReading[];
  /** An edge node or device that says that it is gone: `group/node` or `group/node/device`. */
  readonly death: string | null;
  /** An edge node of which an alias is not known: `group/node`. */
  readonly unborn: string | null;
}

const PREFIX = "spBv1.0/";
/** Behind the last time that a timestamp can say. */
const YEAR_10000 = 253_402_300_800_000;
const NOTHING: Told = { cells: [], refused: [], death: null, unborn: null };

/** Whether a topic is one of Sparkplug B. */
export function isSparkplug(topic: string): boolean {
  return topic.startsWith(PREFIX);
}

/** Edge nodes by what their births have said. */
export class EdgeNodes {
  /** In the order of their births. */
  readonly #nodes = new Map<string, EdgeNode>();
  #bytes = 0;

  /** Reads a message. Devices are `group.node.device.metric`; what is no number (texts, nulls, data sets) is no reading. Throws `BadRequest` for too many. */
  read(topic: string, payload: Uint8Array): Told {
    const [, group = "", kind = "", edge = "", device] = topic.split("/");
    const [of, about] = [kind[0], kind.slice(1)];
    if ((of !== "N" && of !== "D") || !["BIRTH", "DATA", "DEATH"].includes(about)) return NOTHING;
    const key = `${group}/${edge}`;
    let message: ReturnType<typeof readSparkplug>;
    try {
      message = readSparkplug(payload);
    } catch (error) {
      if (error instanceof BadRequest) throw error;
      return { ...NOTHING, refused: [{ reason: "sparkplug_invalid", message: "it is no message of Sparkplug B" }] };
    }
    const bdSeq = message.metrics.find(({ name }) => name === "bdSeq")?.integer ?? null;
    if (about === "DEATH") {
      // A last will that comes when its node is back already.
      const isLate = of === "N" && bdSeq !== null && (this.#nodes.get(key)?.bdSeq ?? bdSeq) !== bdSeq;
      return isLate ? NOTHING : { ...NOTHING, death: of === "N" ? key : `${key}/${device}` };
    }
    const node = this.#nodeOf(key, kind === "NBIRTH");
    const before = node.bytes;
    if (kind === "NBIRTH") node.bdSeq = bdSeq;
    const place = [group, edge, ...(device === undefined ? [] : [device])].join(".");
    const cells: Cells[] = [];
    const refused: NoReading[] = [];
    let unborn: string | null = null;
    for (const metric of message.metrics) {
      const born = bornBy(node, metric, place, about === "BIRTH");
      if (born === null && metric.alias === null) {
        refused.push({ reason: "metric_unnamed", message: "a metric in it has neither a name nor an alias" });
        continue;
      }
      if (born === null) {
        unborn = key;
        refused.push({ reason: "alias_unknown", message: `no birth has said what its alias ${metric.alias} is` });
        continue;
      }
      const value = born.name === "bdSeq" ? null : metricValue(metric, born.type);
      const time = metric.time ?? message.time;
      if (value === null) continue;
      if (time !== null && !(time < YEAR_10000)) refused.push(noReading(TIMESTAMP_INVALID));
      else cells.push([timeText(time), `${place}.${born.name.replaceAll("/", ".")}`, value, "", undefined]);
    }
    this.#bytes += node.bytes - before;
    this.#forgetOldest();
    return { cells, refused, death: null, unborn };
  }

  #nodeOf(key: string, isBorn: boolean): EdgeNode {
    const known = isBorn ? undefined : this.#nodes.get(key);
    if (known !== undefined) return known;
    this.#forget(key);
    const node = { aliases: new Map(), types: new Map(), bdSeq: null, bytes: NODE_BYTES + key.length };
    this.#nodes.set(key, node);
    this.#bytes += node.bytes;
    return node;
  }

  #forgetOldest(): void {
    for (const key of this.#nodes.keys()) {
      if (this.#bytes <= MAX_BYTES) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    this.#bytes -= node.bytes;
    this.#nodes.delete(key);
  }
}

/** What a metric is called and of which type; null where only a birth that was not heard could tell. */
function bornBy(node: EdgeNode, { name, alias, type }: SparkplugMetric, place: string, isBirth: boolean): Born | null {
  if (name === null || name === "") return alias === null ? null : (node.aliases.get(alias) ?? null);
  const known = `${place}/${name}`;
  if (isBirth) {
    if (!node.types.has(known)) node.bytes += NAME_BYTES + known.length;
    if (alias !== null && !node.aliases.has(alias)) node.bytes += NAME_BYTES + name.length;
    node.types.set(known, type);
    if (alias !== null) node.aliases.set(alias, { name, type });
  }
  return { name, type: type === 0 ? (node.types.get(known) ?? 0) : type };
}

function timeText(time: number | null): string | undefined {
  return time === null ? undefined : new Date(time).toISOString();
}
