import type { ChalkInstance } from "chalk";
import { escapeTerminal } from "../escape.ts";
import type { DoorOverview, Overview } from "../monitor/overview.ts";
import { spanOf } from "../monitor/span.ts";
import { agoText, amount, countText } from "./status-words.ts";

export function doorLine(door: DoorOverview) {
  const { readings, bytes, oldest_seconds: oldest } = door.pending;
  return [
    ...["door", door.door, door.state, door.place, door.time, door.readings, door.readings_per_second],
    ...[readings, bytes, oldest ?? "", door.lag_seconds ?? "", door.trouble?.message ?? ""],
  ];
}

/** `http up, POST http://127.0.0.1:4280/v1/readings: 12.5 readings/s, 125 not in bronze for 9s`, a line for each door. */
export function doorsText({ doors, time }: Overview, colors: ChalkInstance): string {
  const paint = { up: colors.green, late: colors.yellow, down: colors.red };
  return doors
    .map(({ door, state, place, readings_per_second: rate, pending, lag_seconds: lag, trouble, ...said }) => {
      const waits =
        pending.readings === 0
          ? []
          : [`${amount(pending.readings)} not in bronze, for ${spanOf(pending.oldest_seconds ?? 0)}`];
      const parts = [
        `${rate} readings/s`,
        ...waits,
        ...(lag === null ? [] : [`${spanOf(lag)} behind`]),
        ...(state === "down"
          ? [`last heard ${agoText(said.time, time)}, after ${countText(said.readings, "reading")}`]
          : []),
        ...(trouble === null ? [] : [`trouble ${agoText(trouble.time, time)}: ${escapeTerminal(trouble.message)}`]),
      ];
      return `  door          ${escapeTerminal(door)} ${paint[state](state)}, ${escapeTerminal(place)}: ${parts.join("; ")}\n`;
    })
    .join("");
}
