import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import type { TestServer } from "../s3/setup.ts";

/** A way to a server that can be cut: what is sent while it is cut is lost, as with a server that is down. */
export interface Switch {
  /** The server as it is reached this way. */
  readonly server: TestServer;
  cut: boolean;
  close(): void;
}

export async function startSwitch(target: TestServer): Promise<Switch> {
  const { hostname, port } = new URL(target.endpoint);
  const open = new Set<Socket>();
  const listener = createServer((near) => {
    if (running.cut) return void near.destroy();
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      open.add(from);
      from.on("error", () => to.destroy()).on("close", () => open.delete(from));
      from.on("data", () => {
        if (running.cut) from.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((listening) => listener.listen(0, "127.0.0.1", listening));
  const endpoint = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const running: Switch = {
    server: { ...target, endpoint },
    cut: false,
    close() {
      listener.close();
      for (const socket of open) socket.destroy();
    },
  };
  return running;
}
