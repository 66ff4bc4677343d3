import { setTimeout as sleep } from "node:timers/promises";
import type { IConnackPacket, IPublishPacket, MqttClient } from "mqtt";
import type { VantageflowError } from "../../../errors.ts";
import { BrokerNews, brokeOff, brokerName, cannotConnect, stillAway, takenOver } from "./broker-errors.ts";
import { Probe } from "./probe.ts";

/** What the broker keeps a session for, with the messages of it, while nobody is connected: a week, in seconds. */
const SESSION_SECONDS = 7 * 86_400;
/** Messages that the broker may send before the first of them is acknowledged. */
const RECEIVE_MAXIMUM = 2000;
/** The broker keeps longer ones from it. */
const MAX_PACKET_BYTES = 10_000_000;
const [FIRST_DELAY_MS, LAST_DELAY_MS] = [500, 30_000];
/** A connection that holds for so long is no more one that comes and goes. */
const STEADY_MS = 10_000;
const CONNECT_MS = 10_000;
/** Without a word of the client for one and a half times as long, the broker takes it for gone; it pings. Seconds. */
const KEEPALIVE_SECONDS = 60;
const END_MS = 2000;
const TAKEN_OVER = 142;

/** A message as it came. */
export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  /** Milliseconds since the epoch. */
  readonly arrival: number;
  /** By which it is acknowledged; null where it came at QoS 0. */
  readonly packet: number | null;
  /** What it came through: on another one the broker knows nothing of it. */
  readonly stream: unknown;
}

export interface ConnectionOptions {
  readonly url: URL;
  readonly credentials: { readonly username?: string; readonly password?: string };
  readonly clientId: string;
  readonly filters: readonly string[];
  /** What an earlier start has subscribed to in this session and is asked for no longer; null where there was none. */
  readonly stale: readonly string[] | null;
  /** Once the broker is there, before it is subscribed to. */
  readonly onSubscribing: () => Promise<void>;
  readonly now: () => number;
  /** A message that is to be acknowledged; one with an empty `payload` is to be acknowledged only. Returns whether there is room for more. */
  readonly onMessage: (message: Message) => boolean;
  /** What was not acknowledged comes again. */
  readonly onLost: () => void;
  readonly onConnected: (session: MqttSession) => void;
  readonly onTrouble: (error: unknown) => void;
  readonly keepaliveSeconds?: number;
}

/** Whether the broker still had what it keeps for this client. */
export type MqttSession = "new" | "resumed";

export interface BrokerConnection {
  /**
   * Settles when the first attempt has come to something: throws `config_invalid` where the broker refuses this client, else
   * `unreachable`.
   */
  readonly opened: Promise<MqttSession>;
  /** Tells the broker of messages that are durable, in the order in which they came. */
  acknowledge(messages: readonly Message[]): void;
  isConnected(): boolean;
  /** At QoS 0: who needs it sends it again. */
  publish(topic: string, payload: Uint8Array): void;
  /** Goes on where there was no room. */
  release(): void;
  /** Settles with the error by which it has ended for good; never where it was closed. */
  readonly ended: Promise<VantageflowError>;
  /** Leaves the session to the broker, which keeps what comes from then on. */
  close(): Promise<void>;
}

/** In place of an error: it goes on to the next message and acknowledges none. */
const HELD = new Error("acknowledged later");
const NOTHING = Buffer.alloc(0);
const PUBACK = 0x40020000;

/**
 * Connects to a broker by MQTT 5, with a session that outlives the connection, and subscribes at QoS 1. It connects again whenever it
 * has to, once it was.
 */
export async function connectBroker(options: ConnectionOptions): Promise<BrokerConnection> {
  const { url, clientId, filters, now, onMessage, onTrouble } = options;
  const place = brokerName(url);
  const { default: mqtt } = await import("mqtt");
  const client = mqtt.connect(`${place}${url.pathname}${url.search}`, {
    clientId,
    ...options.credentials,
    ...{ protocolVersion: 5, clean: false, resubscribe: false, reconnectOnConnackError: true },
    ...{ connectTimeout: CONNECT_MS, reconnectPeriod: FIRST_DELAY_MS },
    keepalive: options.keepaliveSeconds ?? KEEPALIVE_SECONDS,
    properties: {
      ...{ sessionExpiryInterval: SESSION_SECONDS, receiveMaximum: RECEIVE_MAXIMUM },
      maximumPacketSize: MAX_PACKET_BYTES,
    },
  });
  const probe = new Probe(clientId, filters);
  let held: (() => void) | null = null;
  let holding: NodeJS.Timeout | undefined;
  let [isUp, isEnding] = [false, false];
  let problem: unknown = null;
  const news = new BrokerNews(now);
  let steady: NodeJS.Timeout | undefined;
  const first = settled<MqttSession>();
  const ended = settled<VantageflowError>();

  client.handleMessage = (packet, callback) => {
    const go = () => callback(HELD);
    const isOwn = probe.hears(packet);
    // A retained message is the state of a topic, from whenever that is: no reading comes with it.
    const payload = isOwn || packet.retain ? NOTHING : bytesOf(packet);
    const number = packet.qos === 0 ? null : (packet.messageId ?? null);
    const { stream } = client;
    if (onMessage({ topic: packet.topic, payload, arrival: now(), packet: number, stream })) go();
    else hold(go);
  };

  /** Nothing is read while there is no room: the client would ping, never see the answer, and take the broker for gone. */
  function hold(go: () => void): void {
    held = go;
    clearInterval(holding);
    holding = setInterval(
      () => {
        client.sendPing();
        client.reschedulePing(true);
      },
      (1000 * client.keepalive) / 3,
    );
  }

  function letGo(): (() => void) | null {
    clearInterval(holding);
    const go = held;
    held = null;
    return go;
  }
  client.on("connect", (packet) => {
    arrive(packet).catch((error) => {
      problem = error;
      // What it cannot subscribe to now, it tries again.
      client.stream.destroy();
    });
  });
  client.on("error", (error) => {
    problem = error;
  });
  client.on("disconnect", ({ reasonCode }) => {
    if (reasonCode !== TAKEN_OVER) return;
    isEnding = true;
    client.end(true);
    ended.resolve(takenOver(place, clientId));
  });
  client.on("reconnect", () => {
    const delay = Math.min(2 * (client.options.reconnectPeriod ?? FIRST_DELAY_MS), LAST_DELAY_MS);
    client.options.reconnectPeriod = delay * (0.8 + 0.4 * Math.random());
  });
  client.on("close", () => {
    clearTimeout(steady);
    letGo();
    probe.abandon();
    options.onLost();
    first.reject(cannotConnect(place, problem));
    if (isUp && !isEnding) {
      news.told(problem);
      onTrouble(brokeOff(place, clientId, problem));
    } else if (!isEnding && news.isNews(problem)) onTrouble(stillAway(place, problem));
    isUp = false;
    problem = null;
  });

  async function arrive({ sessionPresent }: IConnackPacket): Promise<void> {
    const session = sessionPresent ? "resumed" : "new";
    await options.onSubscribing();
    await subscribe(client, filters);
    const stale = sessionPresent ? (options.stale ?? []).filter((one) => !filters.includes(one)) : [];
    if (stale.length > 0) await client.unsubscribeAsync([...stale]);
    const isFirst = !first.isSettled;
    isUp = true;
    clearTimeout(steady);
    steady = setTimeout(() => {
      client.options.reconnectPeriod = FIRST_DELAY_MS;
    }, STEADY_MS).unref();
    const unproven = await probe.prove(client);
    if (unproven !== null) onTrouble(unproven);
    first.resolve(session);
    if (!isFirst) options.onConnected(session);
    else if (session === "new" && options.stale !== null) options.onConnected(session);
  }

  return {
    opened: first.promise,
    isConnected: () => isUp,
    publish(topic, payload) {
      if (client.connected) client.publish(topic, Buffer.from(payload), () => {});
    },
    acknowledge(messages) {
      const { stream } = client;
      if (!client.connected) return;
      const numbers = messages.flatMap((one) => (one.stream === stream ? (one.packet ?? []) : []));
      if (numbers.length === 0) return;
      const bytes = Buffer.allocUnsafe(4 * numbers.length);
      let end = 0;
      // PUBACK of MQTT 5 (section 3.4.2.1) with the reason 0, which need not stand there.
      for (const number of numbers) end = bytes.writeUInt32BE(PUBACK + number, end);
      stream.write(bytes);
    },
    release: () => letGo()?.(),
    ended: ended.promise,
    async close() {
      isEnding = true;
      probe.abandon();
      // It waits for what it has published itself, which may never be acknowledged.
      await Promise.race([client.endAsync().catch(() => {}), sleep(END_MS, undefined, { ref: false })]);
      client.stream.destroy();
    },
  };
}

/** A promise with its ends, of which the first one counts. */
function settled<T>() {
  let [resolve, reject]: [(value: T) => void, (error: unknown) => void] = [() => {}, () => {}];
  const one = { isSettled: false };
  const promise = new Promise<T>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  const settle = () => {
    one.isSettled = true;
  };
  promise.then(settle, settle);
  return Object.assign(one, { promise, resolve, reject });
}

async function subscribe(client: MqttClient, filters: readonly string[]): Promise<void> {
  // Retained messages are not asked for (rh).
  const granted = await client.subscribeAsync([...filters], { qos: 1, rh: 2 });
  const weak = granted.filter(({ qos }) => qos === 0).map(({ topic }) => topic);
  if (weak.length > 0) throw new Error(`it grants QoS 0 only for ${weak.join(", ")}`);
}

function bytesOf({ payload }: IPublishPacket): Buffer {
  return typeof payload === "string" ? Buffer.from(payload) : payload;
}
