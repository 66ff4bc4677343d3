import { createHash } from "node:crypto";
import { join } from "node:path";
import { quote, VantageflowError } from "../../errors.ts";
import { isLivingOther } from "../../storage/local/owner.ts";
import { absoluteUrl } from "../../storage/url.ts";
import { brokerName } from "../../streams/doors/mqtt/broker-errors.ts";
import type { MqttSession } from "../../streams/doors/mqtt/connection.ts";
import { openMqtt } from "../../streams/doors/mqtt/door.ts";
import { readSubscribed, sessionDigest, writeSubscribed } from "../../streams/doors/mqtt/subscribed.ts";
import { readTopics, type TopicTemplate } from "../../streams/doors/mqtt/topics.ts";
import { MESSAGE_ROWS, READING_ROWS, spoolFolder } from "../../streams/form.ts";
import { SeenReadings } from "../../streams/seen.ts";
import { spoolFiles } from "../../streams/spool-files.ts";
import type { Io } from "../io.ts";
import type { DoorContext, ListenFlags, OpenDoor } from "./door.ts";
import { inletOf } from "./inlet.ts";

/** The stream of this door, in bronze and in the spool. */
const SOURCE = "mqtt";
const [USERNAME, PASSWORD] = ["VANTAGEFLOW_MQTT_USERNAME", "VANTAGEFLOW_MQTT_PASSWORD"];
/** Without +, # and /, as it is one part of the topic of the probe. */
const CLIENT_ID = /^(?!.*[+#/])[\x21-\x7e]{1,128}$/;
const EXAMPLE = "--topic 'plant/{line}/{device_id}'";

/** `--mqtt`: readings that are published. */
export async function openMqttDoor(context: DoorContext): Promise<OpenDoor | null> {
  const { io, flags, spool, maxRowBytes } = context;
  const topics = topicsOf(flags);
  if (topics === null) return null;
  const url = readUrl(flags.mqtt ?? "");
  const place = brokerName(url);
  const credentials = credentialsOf(io, url);
  const contract = context.contracts.find(({ form }) => form === MESSAGE_ROWS) ?? null;
  const { source, form } = contract ?? { source: SOURCE, form: READING_ROWS };
  const stream = spoolFolder(source, form, SOURCE);
  // Of the session, whatever reads its messages.
  const folder = join(spool, SOURCE);
  const clientId = clientIdOf(context);
  const filters = topics.map(({ filter }) => filter);
  const before = await readSubscribed(spoolFiles, folder, { place, clientId });
  if (before?.owner != null && isLivingOther(before.owner)) throw sessionTaken(place, before.owner.pid);
  const stale = before?.filters ?? null;
  const keep = (all: readonly string[]) => writeSubscribed(spoolFiles, folder, { place, clientId }, all);
  const seen = new SeenReadings(sessionDigest({ place, clientId }));
  const inlet = await inletOf(context, source, { seen, folder: stream, form });
  const onConnected = (session: MqttSession) => tellConnected(context, place, session);
  try {
    const { onTrouble } = context;
    const onDeath = (name: string) => {
      context.onChange({ type: "death", door: SOURCE, name }, `${quote(name)} says that it is gone.`);
    };
    const options = {
      url,
      credentials,
      clientId,
      stale,
      onSubscribing: () => keep([...new Set([...filters, ...(stale ?? [])])]),
      topics,
      contract: contract && { isTimed: contract.isTimed, maxRowBytes },
      now: io.now,
      inlet,
      seen,
      onTrouble,
      onConnected,
      onDeath,
    };
    const door = await openMqtt(options);
    await keep(filters);
    return {
      listening: {
        ...{ door: SOURCE, url: place, client_id: clientId, topics: flags.topic, session: door.session },
        ...(contract && { contract: contract.name }),
      },
      place: `${flags.topic?.join(", ")} at ${place}${contract === null ? "" : `, for the contract ${contract.name}`}`,
      spools: [stream],
      ended: Promise.race([inlet.ended, door.ended]),
      look: () => ({ connected: door.isConnected(), ...inlet.look(), lag_seconds: null }),
      stop: door.stop,
      close: inlet.close,
    };
  } catch (error) {
    await inlet.close();
    throw error;
  }
}

/** Two with one name throw each other off, and what the broker sends again then may have no time by which it is told. */
function sessionTaken(place: string, pid: number): VantageflowError {
  const why = `process ${pid} does so for this lake, by the same name. Give this one a name of its own: --client-id NAME`;
  return new VantageflowError("busy", `Cannot listen to ${place}: ${why}.`);
}

/** Null where the door is not asked for. */
function topicsOf({ mqtt, topic }: ListenFlags): readonly TopicTemplate[] | null {
  if (mqtt !== undefined && topic !== undefined) return readTopics(topic);
  if (mqtt === undefined && topic === undefined) return null;
  const why =
    mqtt === undefined ? "there is no broker. Name it: --mqtt mqtt://localhost" : `no topic is named. ${EXAMPLE}`;
  throw new VantageflowError("usage", `Cannot listen by MQTT: ${why}.`);
}

function readUrl(given: string): URL {
  // What is wrong with it may be a password, so it is not shown.
  const refuse = (why: string) =>
    new VantageflowError(
      "usage",
      `Cannot use --mqtt: ${why}. Use mqtt://host[:port], mqtts:// with TLS, ws:// or wss://.`,
    );
  if (!URL.canParse(given)) throw refuse("it is no URL");
  const url = new URL(given);
  if (!/^(mqtts?|wss?):$/.test(url.protocol)) throw refuse(`it begins with ${quote(url.protocol)}`);
  if (url.host === "") throw refuse("there is no host in it");
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    throw refuse("its user or password has a % that is not written %25");
  }
  return url;
}

/** By the URL, else by the environment. */
function credentialsOf({ environment }: Io, url: URL) {
  const username = decodeURIComponent(url.username) || environment[USERNAME];
  const password = decodeURIComponent(url.password) || environment[PASSWORD];
  return { ...(username ? { username } : {}), ...(password ? { password } : {}) };
}

/** One for a lake, so that its next start finds the session. */
function clientIdOf({ io, flags, lake }: DoorContext): string {
  if (flags.clientId === undefined) {
    return `vantageflow-${createHash("sha256").update(absoluteUrl(lake, io.cwd)).digest("hex").slice(0, 10)}`;
  }
  if (CLIENT_ID.test(flags.clientId)) return flags.clientId;
  const how = "Use 1 to 128 letters, digits and signs other than +, # and /";
  throw new VantageflowError(
    "usage",
    `Cannot use --client-id ${quote(flags.clientId)}: brokers may not take it. ${how}.`,
  );
}

function tellConnected({ onTrouble, onChange }: DoorContext, place: string, session: MqttSession): void {
  if (session === "resumed") {
    onChange({ type: "connected", door: SOURCE, session }, `Connected to ${place} again, which has kept the session.`);
    return;
  }
  onChange({ type: "connected", door: SOURCE, session }, `Connected to ${place}.`);
  const why = `${place} has not kept the session, or for too short a time. Have it keep sessions on its disk`;
  onTrouble(new VantageflowError("storage_failed", `Cannot tell what was published meanwhile: ${why}.`));
}
