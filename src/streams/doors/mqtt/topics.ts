import { quote, VantageflowError } from "../../../errors.ts";

/** What a door subscribes to, and how the device is called whose messages come there. */
export interface TopicTemplate {
  /** The template with a `+` for each name: what a broker is asked for. */
  readonly filter: string;
  /** Parts of a topic that have a name, with their places; none where the whole topic is the device. */
  readonly named: readonly { readonly name: string; readonly place: number }[];
}

const NAME = /^\{[A-Za-z_]\w*\}$/;
/** Devices of topics that are remembered. */
const MAX_KNOWN = 20_000;
/** Of topics that are remembered: they can have 65,535. */
const MAX_KNOWN_LENGTH = 256;

/**
 * Reads templates such as `plant/{line}/{device_id}`. Throws `usage` for one that is none, and for two that fit one topic: brokers
 * disagree on how often a message comes then.
 */
export function readTopics(given: readonly string[]): readonly TopicTemplate[] {
  const templates = given.map(readTopic);
  templates.forEach(({ filter }, i) => {
    const other = templates.slice(0, i).find((one) => filtersMeet(one.filter, filter));
    if (other === undefined) return;
    const why = `it and ${quote(other.filter)} fit the same topics, whose messages some brokers would send twice`;
    throw new VantageflowError("usage", `Cannot use --topic ${quote(given[i])}: ${why}. Leave one out, or narrow it.`);
  });
  return templates;
}

function readTopic(given: string): TopicTemplate {
  const parts = given.split("/");
  const refuse = (why: string) => new VantageflowError("usage", `Cannot use --topic ${quote(given)}: ${why}.`);
  if (given === "" || given.includes("\0") || Buffer.byteLength(given) > 65_535) {
    throw refuse("it is no topic. Name one, such as 'plant/{line}/{device_id}'");
  }
  if (parts[0] === "$share") {
    throw refuse(
      "brokers deal readings of shared subscriptions to members that are gone. Name the topic without $share and group",
    );
  }
  const named: { readonly name: string; readonly place: number }[] = [];
  const levels = parts.map((part, i) => {
    if (NAME.test(part)) {
      named.push({ name: part.slice(1, -1), place: i });
      return "+";
    }
    if (/[{}]/.test(part)) throw refuse(`${quote(part)} is no name. One stands for a whole part: {device_id}`);
    if (part.length > 1 && part.includes("+")) throw refuse("+ stands for a whole part between two /");
    if (part.includes("#") && (part !== "#" || i < parts.length - 1)) {
      throw refuse("# stands for all parts that follow, so it is the last part");
    }
    return part;
  });
  return { filter: levels.join("/"), named };
}

/** Whether there are topics that both filters fit. */
export function filtersMeet(one: string, other: string): boolean {
  const [a, b] = [one.split("/"), other.split("/")];
  for (let i = 0; ; i++) {
    // `a/#` fits `a`, too.
    if (a[i] === "#" || b[i] === "#") return true;
    if (a[i] === undefined || b[i] === undefined) return a[i] === b[i];
    if (a[i] !== b[i] && a[i] !== "+" && b[i] !== "+") return false;
  }
}

/** What a topic says. */
export interface TopicWords {
  /** Its named parts, or all of it, joined by points. */
  readonly device: string;
  /** The named parts. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Says of topics which device they are of. */
export class Topics {
  readonly #templates: readonly TopicTemplate[];
  readonly #known = new Map<string, TopicWords>();

  constructor(templates: readonly TopicTemplate[]) {
    this.#templates = templates;
  }

  of(topic: string): TopicWords {
    const known = this.#known.get(topic);
    if (known !== undefined) return known;
    const parts = topic.split("/");
    const { named = [] } = this.#templates.find(({ filter }) => filtersMeet(filter, topic)) ?? {};
    const words = {
      device: (named.length === 0 ? parts : named.map(({ place }) => parts[place])).join("."),
      parts: Object.fromEntries(named.map(({ name, place }) => [name, parts[place]])),
    };
    if (topic.length > MAX_KNOWN_LENGTH) return words;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(topic, words);
    return words;
  }
}
