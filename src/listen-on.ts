import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { messageOf, VantageflowError } from "./errors.ts";

/** What a message says of a server that cannot listen. */
export interface ListenTexts {
  /** What cannot be done: `serve`. */
  readonly verb: string;
  /** What to do where the port is taken, and where it cannot be used. */
  readonly taken: string;
  readonly refused: string;
}

/** Has a server listen; 0 is any port that is free. Returns the port. Throws `busy` where it is taken, `usage` where it cannot be used. */
export async function listenOn(server: Server, host: string, port: number, texts: ListenTexts): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const at = `Cannot ${texts.verb} "${host}:${port}"`;
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE")
      throw new VantageflowError("busy", `${at}: the port is taken. ${texts.taken}`, { cause: error });
    throw new VantageflowError("usage", `${at}: ${messageOf(error)}. ${texts.refused}`, { cause: error });
  }
  return (server.address() as AddressInfo).port;
}
