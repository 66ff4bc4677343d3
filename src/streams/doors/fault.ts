import { hasCode, messageOf } from "../../errors.ts";

const QUIET_MS = 60_000;

/**
 * Tells what a client is answered with 503 and can do nothing about: a disk that is full, a fault of our own. Once a minute each; that there is
 * no room, or that it is ending, is no fault.
 */
export function faultTeller(onTrouble: (error: unknown) => void, now: () => number): (error: unknown) => void {
  const told = new Map<string, number>();
  return (error) => {
    const message = messageOf(error);
    if (hasCode(error, "busy") || now() - (told.get(message) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    told.clear();
    told.set(message, now());
    onTrouble(error);
  };
}
