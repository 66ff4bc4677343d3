import type { IPublishPacket, MqttClient } from "mqtt";
import { messageOf, VantageflowError } from "../../../errors.ts";
import { filtersMeet } from "./topics.ts";

/** Without any message for so long, the probe is not to come any more. */
const SILENCE_MS = 10_000;

/** Where doors, of this lake or another, prove themselves. */
const PROBES = "vantageflow/probe/";

/**
 * A message that the door sends itself by the broker: only that proves that what it has subscribed to comes. Brokers grant
 * subscriptions that they do not serve.
 */
export class Probe {
  readonly topic: string;
  readonly #isSubscribed: boolean;
  #sent = 0;
  #cameBack: (error: VantageflowError | null) => void = () => {};
  #silence: NodeJS.Timeout | null = null;
  #isRefused = false;

  constructor(clientId: string, filters: readonly string[]) {
    this.topic = `${PROBES}${clientId}`;
    this.#isSubscribed = filters.some((filter) => filtersMeet(filter, this.topic));
  }

  /** Whether a message is one of these, or another door's: no reading is. Any other puts off the silence behind which it is given up: it may wait behind many. */
  hears({ topic, payload }: IPublishPacket): boolean {
    this.#silence?.refresh();
    if (!topic.startsWith(PROBES)) return false;
    if (topic === this.topic && payload.toString() === String(this.#sent)) this.#cameBack(null);
    return true;
  }

  /** Sends one. Returns why nothing is proven, once where the broker does not let it; null where it came back. */
  async prove(client: MqttClient): Promise<VantageflowError | null> {
    if (this.#isRefused) return null;
    this.#sent++;
    const back = new Promise<VantageflowError | null>((resolve) => {
      this.#cameBack = resolve;
    });
    try {
      if (!this.#isSubscribed) await client.subscribeAsync(this.topic, { qos: 1, rh: 2 });
      this.#silence = setTimeout(() => this.#cameBack(this.#silent()), SILENCE_MS).unref();
      const sent = client.publishAsync(this.topic, String(this.#sent), { qos: 1 });
      sent.catch((error) => this.#cameBack(this.#refused(error)));
    } catch (error) {
      this.#cameBack(this.#refused(error));
    }
    const answer = await back;
    clearTimeout(this.#silence ?? undefined);
    return answer;
  }

  /** The connection is gone: the next one has a probe of its own. */
  abandon(): void {
    this.#cameBack(null);
  }

  #silent(): VantageflowError {
    const why = `a message to "${this.topic}" did not come back within ${SILENCE_MS / 1000} s, so others may not come either`;
    return new VantageflowError(
      "storage_failed",
      `Cannot tell whether messages come: ${why}. Look at the broker's rights and its log.`,
    );
  }

  #refused(error: unknown): VantageflowError {
    this.#isRefused = true;
    const why = `the broker does not let this client publish and read "${this.topic}" (${messageOf(error)})`;
    return new VantageflowError(
      "storage_failed",
      `Cannot tell whether messages come: ${why}. It goes on without; allow it to have that checked.`,
    );
  }
}
