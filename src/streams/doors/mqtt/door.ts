import { setTimeout as sleep } from "node:timers/promises";
import { VantageflowError } from "../../../errors.ts";
import type { Inlet } from "../../inlet.ts";
import type { SeenReadings } from "../../seen.ts";
import { QUIET_MS, quietly } from "../quiet.ts";
import {
  type BrokerConnection,
  type ConnectionOptions,
  connectBroker,
  type Message,
  type MqttSession,
} from "./connection.ts";
import { keepMessages, type MessageContract } from "./contract-rows.ts";
import { type Rows, readMessages } from "./rows.ts";
import { rebirthCommand } from "./sparkplug/decode.ts";
import { EdgeNodes } from "./sparkplug/nodes.ts";
import { Topics, type TopicTemplate } from "./topics.ts";

/** Messages, and bytes of them, that become durable at once. */
const GROUP = { messages: 4000, bytes: 1_000_000 };
/** What waits at most before nothing more is read; brokers do not all keep to the number that they are told. */
const WAITING = { messages: 20_000, bytes: 16_000_000 };
/** What a message counts for beside its payload. */
const MESSAGE_BYTES = 200;
const RETRY_MS = 500;
/** Edge nodes that are asked to be born again, in a minute. */
const MAX_ASKED = 10_000;

export interface MqttDoorOptions extends Omit<ConnectionOptions, "filters" | "onMessage" | "onLost" | "onConnected"> {
  readonly inlet: Inlet;
  /** What the inlet remembers. */
  readonly seen: SeenReadings;
  readonly topics: readonly TopicTemplate[];
  /** What is to read the messages in bronze; null where they are readings by themselves. */
  readonly contract: MessageContract | null;
  readonly onConnected: (session: MqttSession) => void;
  /** An edge node or device of Sparkplug B says that it is gone. */
  readonly onDeath: (name: string) => void;
}

export interface MqttDoor {
  readonly session: MqttSession;
  readonly ended: Promise<VantageflowError>;
  isConnected(): boolean;
  /** Takes no more, and acknowledges what is becoming durable; the broker keeps the rest. */
  stop(): Promise<void>;
}

/** Opens the door: what comes is acknowledged when it is durable, and not before. Throws as {@link BrokerConnection.opened}. */
export async function openMqtt(options: MqttDoorOptions): Promise<MqttDoor> {
  const { inlet, seen, onTrouble, now, contract } = options;
  const reading = { topics: new Topics(options.topics), nodes: new EdgeNodes() };
  const isKnown = (id: string) => seen.has(id);
  const rowsOf = (group: readonly Message[]) =>
    contract === null ? readMessages(group, reading, isKnown) : keepMessages(group, { ...reading, contract }, isKnown);
  const asked = new Map<string, number>();
  let waiting: Message[] = [];
  let bytes = 0;
  let working: Promise<void> | null = null;
  let connection: BrokerConnection | null = null;
  const stopping = new AbortController();
  const isStopped = () => stopping.signal.aborted;
  const isTold = quietly(now);
  const complain = (kind: string, message: string) => {
    const silent = isTold(kind);
    if (silent === null) return;
    const more = silent === 0 ? "" : ` (${silent} more before it)`;
    onTrouble(new VantageflowError("input_invalid", `${message}${more}`));
  };

  const hasRoom = () => waiting.length < WAITING.messages && bytes < WAITING.bytes;

  function onMessage(message: Message): boolean {
    if (isStopped()) return true;
    waiting.push(message);
    bytes += sizeOf(message);
    work();
    return hasRoom();
  }

  function work(): void {
    working ??= keepAll().finally(() => {
      working = null;
      if (waiting.length > 0 && !isStopped()) work();
    });
  }

  async function keepAll(): Promise<void> {
    // Whatever else comes in this turn of the event loop goes along.
    await new Promise((go) => setImmediate(go));
    while (waiting.length > 0 && !isStopped()) {
      const group = takeGroup();
      const rows = rowsOf(group);
      if (!(await keep(rows))) return;
      connection?.acknowledge(group);
      if (hasRoom()) connection?.release();
      rows.deaths.forEach(options.onDeath);
      rows.unborn.forEach(askForBirth);
      for (const { topic, message } of rows.refused) {
        const then = "It is kept as a row that silver rejects";
        complain("message", `Cannot take all of a message of "${topic}": ${message}. ${then}.`);
      }
    }
  }

  /** Once a minute of each: what comes until then has no name. */
  function askForBirth(node: string): void {
    for (const [other, at] of asked) {
      // In the order in which they were asked.
      if (now() - at < QUIET_MS) break;
      asked.delete(other);
    }
    if (asked.has(node) || asked.size >= MAX_ASKED) return;
    asked.set(node, now());
    connection?.publish(`spBv1.0/${node.replace("/", "/NCMD/")}`, rebirthCommand(now()));
  }

  function takeGroup(): readonly Message[] {
    let [count, size] = [0, 0];
    while (count < waiting.length && count < GROUP.messages && size < GROUP.bytes) size += sizeOf(waiting[count++]);
    bytes -= size;
    return waiting.splice(0, count);
  }

  /** Settles when rows are durable, however long that takes; false where it was stopped before. */
  async function keep({ rows, ids }: Rows): Promise<boolean> {
    for (;;) {
      if (rows.length === 0) return true;
      try {
        await inlet.accept({ rows, rejected: [], rejectedCount: 0, use: null, ids });
        return true;
      } catch (error) {
        if (isStopped()) return false;
        complain("inlet", `${error instanceof Error ? error.message : error} Acknowledgements wait.`);
        await sleep(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  /** What was not acknowledged comes again; what came at QoS 0 does not. */
  function onLost(): void {
    waiting = waiting.filter(({ packet }) => packet === null);
    bytes = waiting.reduce((sum, message) => sum + sizeOf(message), 0);
  }

  const filters = options.topics.map(({ filter }) => filter);
  const broker = await connectBroker({ ...options, filters, onMessage, onLost });
  connection = broker;
  const session = await broker.opened.catch(async (error) => {
    await broker.close();
    throw error;
  });
  return {
    session,
    ended: broker.ended,
    isConnected: broker.isConnected,
    async stop() {
      stopping.abort();
      await working;
      await broker.close();
    },
  };
}

function sizeOf({ payload, topic }: Message): number {
  return payload.length + topic.length + MESSAGE_BYTES;
}
