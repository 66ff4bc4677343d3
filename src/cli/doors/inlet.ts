import { join } from "node:path";
import { type Inlet, type InletOptions, openInlet } from "../../streams/inlet.ts";
import type { DoorContext } from "./door.ts";

/** What differs from door to door; `folder` is that in the spool. */
type InletExtras = Pick<InletOptions, "seen" | "form" | "folder">;

/** The inlet of a door's source: what the door has taken becomes durable in it, and comes into bronze. */
export function inletOf(context: DoorContext, source: string, { folder, ...more }: InletExtras): Promise<Inlet> {
  const { io, storage, spool, limits, onFlushed, onTrouble } = context;
  return openInlet({
    ...{ storage, source, folder: join(spool, folder), limits, now: io.now, onFlushed, onTrouble },
    ...more,
  });
}

/** What all inlets of a door have taken, and what of it is not in bronze yet. */
export function lookInto(inlets: readonly Inlet[]): ReturnType<Inlet["look"]> {
  const looks = inlets.map((inlet) => inlet.look());
  const sum = (of: (look: ReturnType<Inlet["look"]>) => number) => looks.reduce((all, look) => all + of(look), 0);
  const oldest = looks.flatMap(({ pending }) => pending.oldest_seconds ?? []);
  return {
    readings: sum(({ readings }) => readings),
    pending: {
      readings: sum(({ pending }) => pending.readings),
      bytes: sum(({ pending }) => pending.bytes),
      oldest_seconds: oldest.length === 0 ? null : Math.max(...oldest),
    },
  };
}

/** Closes each, and says how many readings could not be brought into bronze. */
export async function closeInlets(inlets: readonly Inlet[]): Promise<number> {
  const left = await Promise.all(inlets.map((inlet) => inlet.close()));
  return left.reduce((sum, readings) => sum + readings, 0);
}
