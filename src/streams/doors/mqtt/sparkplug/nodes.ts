import type { Cells, NoReading } from "../../reading.ts";
import { metricValue, readSparkplug, type SparkplugMetric } from "./decode.ts";

/** What is known of edge nodes at most; who comes too many is asked to be born again. */
const MAX_NODES = 10_000;

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
const NOTHING: Told = { cells: [], refused: [], death: null, unborn: null };

/** Whether a topic is one of Sparkplug B. */
export function isSparkplug(topic: string): boolean {
  return topic.startsWith(PREFIX);
}

/** Edge nodes by what their births have said. */
export class EdgeNodes {
  readonly #nodes = new Map<string, EdgeNode>();

  /** Reads a message. Devices are `group.node.device.metric`; what is no number (texts, nulls, data sets) is no reading. */
  read(topic: string, payload: Uint8Array): Told {
    const [, group = "", kind = "", edge = "", device] = topic.split("/");
    const [of, about] = [kind[0], kind.slice(1)];
    if ((of !== "N" && of !== "D") || !["BIRTH", "DATA", "DEATH"].includes(about)) return NOTHING;
    const key = `${group}/${edge}`;
    let message: ReturnType<typeof readSparkplug>;
    try {
      message = readSparkplug(payload);
    } catch {
      return { ...NOTHING, refused: [{ reason: "sparkplug_invalid", message: "it is no message of Sparkplug B" }] };
    }
    const bdSeq = message.metrics.find(({ name }) => name === "bdSeq")?.integer ?? null;
    if (about === "DEATH") {
      // A last will that comes when its node is back already.
      const isLate = of === "N" && bdSeq !== null && (this.#nodes.get(key)?.bdSeq ?? bdSeq) !== bdSeq;
      return isLate ? NOTHING : { ...NOTHING, death: of === "N" ? key : `${key}/${device}` };
    }
    const node = this.#nodeOf(key, kind === "NBIRTH");
    if (kind === "NBIRTH") node.bdSeq = bdSeq;
    const place = [group, edge, ...(device === undefined ? [] : [device])].join(".");
    const cells: Cells[] = [];
    const refused: NoReading[] = [];
    for (const metric of message.metrics) {
      const born = bornBy(node, metric, place, about === "BIRTH");
      if (born === null) {
        refused.push({ reason: "alias_unknown", message: `no birth has said what its alias ${metric.alias} is` });
        continue;
      }
      const value = born.name === "bdSeq" ? null : metricValue(metric, born.type);
      const time = metric.time ?? message.time;
      if (value !== null)
        cells.push([timeText(time), `${place}.${born.name.replaceAll("/", ".")}`, value, "", undefined]);
    }
    return { cells, refused, death: null, unborn: refused.length > 0 ? key : null };
  }

  #nodeOf(key: string, isBorn: boolean): EdgeNode {
    const known = isBorn ? undefined : this.#nodes.get(key);
    if (known !== undefined) return known;
    if (this.#nodes.size >= MAX_NODES) this.#nodes.clear();
    const node = { aliases: new Map(), types: new Map(), bdSeq: null };
    this.#nodes.set(key, node);
    return node;
  }
}

/** What a metric is called and of which type; null where only a birth that was not heard could tell. */
function bornBy(node: EdgeNode, { name, alias, type }: SparkplugMetric, place: string, isBirth: boolean): Born | null {
  if (name === null || name === "") return alias === null ? null : (node.aliases.get(alias) ?? null);
  const known = `${place}/${name}`;
  if (isBirth) {
    node.types.set(known, type);
    if (alias !== null) node.aliases.set(alias, { name, type });
  }
  return { name, type: type === 0 ? (node.types.get(known) ?? 0) : type };
}

/** Undefined where there is none that a timestamp can say. */
function timeText(time: number | null): string | undefined {
  return time === null || !(time < 253_402_300_800_000) ? undefined : new Date(time).toISOString();
}
