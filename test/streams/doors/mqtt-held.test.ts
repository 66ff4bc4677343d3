import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { connectBroker, type Message } from "../../../src/streams/doors/mqtt/connection.ts";
import { hasMosquitto, publish, startMosquitto } from "../../mosquitto.ts";

describe.skipIf(!hasMosquitto)("a connection to a broker of which nothing is read for want of room", () => {
  it("holds for many times the keep-alive, with nothing lost and nothing sent again, and goes on where it was", async () => {
    const broker = await startMosquitto();
    const came: Message[] = [];
    const lost: number[] = [];
    const troubles: unknown[] = [];
    let isRoom = false;
    const connection = await connectBroker({
      url: new URL(broker.url),
      credentials: {},
      clientId: "held",
      filters: ["plant/#"],
      stale: null,
      onSubscribing: async () => {},
      now: Date.now,
      onMessage(message) {
        came.push(message);
        return isRoom || message.payload.length === 0;
      },
      onLost: () => void lost.push(came.length),
      onConnected: () => {},
      onTrouble: (error) => void troubles.push(error),
      keepaliveSeconds: 1,
    });
    await connection.opened;
    const payloads = () => came.map(({ payload }) => payload.toString()).filter((text) => text !== "");
    for (const message of ["1", "2", "3"]) publish(broker.port, "plant/a", message);
    await sleep(4000);
    expect([payloads(), connection.isConnected(), lost, troubles]).toEqual([["1"], true, [], []]);
    isRoom = true;
    connection.release();
    await expect.poll(payloads).toEqual(["1", "2", "3"]);
    connection.acknowledge(came);
    await sleep(2000);
    expect([payloads(), connection.isConnected(), lost, troubles]).toEqual([["1", "2", "3"], true, [], []]);
    await connection.close();
  });
});
