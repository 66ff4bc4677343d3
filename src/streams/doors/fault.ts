import { hasCode, messageOf } from "../../errors.ts";
import { quietly } from "./quiet.ts";

/**
 * Tells what a client is answered with 503 and can do nothing about: a disk that is full, a fault of our own. Once a minute each; that there is
 * no room, or that it is ending, is no fault.
 */
export function faultTeller(onTrouble: (error: unknown) => void, now: () => number): (error: unknown) => void {
  const isTold = quietly(now);
  return (error) => {
    if (!hasCode(error, "busy") && isTold(messageOf(error)) !== null) onTrouble(error);
  };
}
