import { messageOf, VantageflowError } from "../../../errors.ts";
import { QUIET_MS } from "../quiet.ts";

/** CONNACK: the client's name, user or password, in MQTT 3.1.1's numbers and in those of 5. */
const REFUSED_FOR_GOOD = [2, 4, 5, 133, 134, 135, 138];

/** A broker as it may be shown: without user and password. */
export function brokerName({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

/** Of a connection that was up. */
export function brokeOff(place: string, clientId: string, problem: unknown): VantageflowError {
  // Not all brokers tell it.
  const other = `as it does where another client has connected as "${clientId}"; --client-id names another`;
  const why = problem === null ? `without a word of the broker, ${other}` : reasonOf(problem);
  const message = `Cannot hold the connection to ${place}: it broke off, ${why}. It is tried again until it works.`;
  return new VantageflowError("unreachable", message, { cause: problem });
}

function reasonOf(problem: unknown): string {
  return messageOf(problem) || String((problem as { readonly code?: unknown }).code);
}

/** Of attempts behind the first break, which go on. */
export function stillAway(place: string, problem: unknown): VantageflowError {
  const message = `Cannot connect to ${place} again: ${reasonOf(problem)}. It is tried again until it works.`;
  return new VantageflowError("unreachable", message, { cause: problem });
}

/** Which of those attempts are to be told: those with another reason than was told last, once a minute at most. */
export class BrokerNews {
  readonly #now: () => number;
  #last: { readonly why: string; readonly at: number } | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Of a break, which is told in any case. */
  told(problem: unknown): void {
    this.#last = { why: problem === null ? "" : reasonOf(problem), at: this.#now() };
  }

  /** Whether to tell why an attempt failed; never before a first break. */
  isNews(problem: unknown): boolean {
    if (this.#last === null || problem === null) return false;
    if (reasonOf(problem) === this.#last.why || this.#now() - this.#last.at < QUIET_MS) return false;
    this.told(problem);
    return true;
  }
}

/** Of a first attempt. */
export function cannotConnect(place: string, problem: unknown): VantageflowError {
  const { code } = (problem ?? {}) as { readonly code?: unknown };
  const why = problem === null ? "the connection broke off" : reasonOf(problem);
  const isRefused = REFUSED_FOR_GOOD.includes(Number(code));
  const how = isRefused
    ? "Set VANTAGEFLOW_MQTT_USERNAME and VANTAGEFLOW_MQTT_PASSWORD, or look at what the broker lets this client do"
    : "Start a broker there that knows MQTT 5 (mosquitto is one), or name another with --mqtt mqtt://HOST:PORT";
  const message = `Cannot connect to ${place}: ${why}. ${how}.`;
  return new VantageflowError(isRefused ? "config_invalid" : "unreachable", message, { cause: problem });
}

/** Of a broker that tells why it has closed a connection. */
export function takenOver(place: string, clientId: string): VantageflowError {
  const why = `another client has connected to ${place} as "${clientId}", and only one can`;
  return new VantageflowError(
    "busy",
    `Cannot go on listening: ${why}. Stop it, or take another name with --client-id.`,
  );
}
