import type { MarkOptions } from "@observablehq/plot";
import { localTime } from "../format.ts";

/** What the axes and lines of all pictures have in common, for Observable Plot. */
export const QUIET = { label: null, tickSize: 0, color: "var(--muted)" } as const;
export const GRID = { stroke: "var(--grid)", strokeOpacity: 1 } as const;
export const LIMIT = { stroke: "var(--limit)", strokeWidth: 1.5, strokeDasharray: "4 3" } as const;

/** The frame of a picture of values over time. */
export const FRAME = {
  className: "plot",
  height: 280,
  marginLeft: 56,
  marginRight: 16,
  marginTop: 14,
  marginBottom: 28,
} as const;

/** What is told of the datum under the pointer: it comes and goes, and as a part of a picture has no name of its own. */
export const TIP: Pick<MarkOptions, "fill" | "render"> = {
  fill: "var(--panel)",
  render(index, scales, values, dimensions, context, next) {
    const tip = next?.(index, scales, values, dimensions, context) ?? null;
    tip?.removeAttribute("aria-label");
    return tip;
  },
};

const THREE_DAYS_MS = 259_200_000;

const TEN_MINUTES_MS = 600_000;

/** Labels of a time axis in the viewer's zone: the time of day, and the day where one begins; days alone over a long span. */
export function timeTick(from: Date, to: Date): (date: Date) => string {
  const isLong = +to - +from > THREE_DAYS_MS;
  const characters = +to - +from < TEN_MINUTES_MS ? 8 : 5;
  return (date) => {
    const [day, clock] = localTime(date).split(" ");
    return isLong || clock === "00:00:00" ? day.slice(5) : clock.slice(0, characters);
  };
}
