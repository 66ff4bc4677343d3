import { billOf, estimateCost, GB } from "../../cost/cost.ts";
import type { CostEstimate } from "../../cost/estimate.ts";
import { readUsage } from "../../cost/lake-usage.ts";
import { type ProjectedMonth, projectCost } from "../../cost/projection.ts";
import { VantageflowError } from "../../errors.ts";
import type { FlagsOf } from "../command.ts";
import { complain, type GlobalFlags, type Io, notice, printJson } from "../io.ts";
import { checkLake, loadSettings, openLake, withLake } from "../settings.ts";
import { printTable } from "../table.ts";
import type { command } from "./cost.command.ts";

type CostFlags = FlagsOf<typeof command>;

export async function action(io: Io, flags: CostFlags, lake?: string): Promise<number> {
  const months = flags.months === undefined ? null : readMonths(flags.months);
  const settings = await loadSettings(io, withLake(io, flags, lake));
  checkLake(settings.config.lake, "estimate");
  const { storage } = openLake(io, settings);
  const usage = await readUsage(storage, io.now());
  const estimate = estimateCost(usage);
  const code = usage.failed.length === 0 ? 0 : 1;
  for (const { message } of usage.failed) complain(io, message);
  const projection = months === null ? null : projectCost(usage, months);
  if (flags.json) {
    await printJson(io, {
      version: 1,
      lake: settings.config.lake,
      measured_hours: usage.hours,
      estimate,
      ...(projection === null ? {} : { projection: projection.map(monthJson) }),
      failed: usage.failed,
    });
    return code;
  }
  if (projection === null) await printEstimate(io, flags, estimate, billOf(usage));
  else await printProjection(io, flags, projection);
  const pace = usage.hours === 24 ? "the last 24 hours" : `${Number(usage.hours.toFixed(1))} h, for the lake is young`;
  notice(
    io,
    flags,
    `ESTIMATE, not a bill; prices of ${estimate.prices}, ${estimate.region}. A month at the pace of ${pace}.`,
  );
  if (code !== 0)
    notice(
      io,
      flags,
      `Without ${usage.failed.length} receipt${usage.failed.length === 1 ? "" : "s"} that cannot be read.`,
    );
  return code;
}

const MAX_MONTHS = 120;

/** Throws `usage`. */
function readMonths(given: string): number {
  const months = Number(given);
  if (/^\d+$/.test(given) && months >= 1 && months <= MAX_MONTHS) return months;
  const why = `it is not a whole number from 1 to ${MAX_MONTHS}`;
  throw new VantageflowError("usage", `Cannot use --months ${JSON.stringify(given)}: ${why}. Try --months 12.`);
}

function monthJson({ month, storedBytes, estimate }: ProjectedMonth) {
  return {
    month,
    stored_bytes: Math.round(storedBytes),
    cost: estimate.month,
    cost_free_tier: estimate.month_free_tier,
  };
}

/** `bill` is what CostExceeded compares; it has nothing to in the first hour of a lake. */
async function printEstimate(io: Io, flags: GlobalFlags, estimate: CostEstimate, bill: number | null): Promise<void> {
  const rows = estimate.services.flatMap(({ service, items }) =>
    items.map((item) => [service, item.name, short(item.quantity), item.unit, item.price, item.month.toFixed(4)]),
  );
  rows.push(
    ["estimate", "", "", "", "", estimate.month.toFixed(2)],
    ["estimate", "with the free tier", "", "", "", estimate.month_free_tier.toFixed(2)],
    // What `status` and `watch` say of CostExceeded must be found here.
    ["estimate", "for CostExceeded, per whole day", "", "", "", bill?.toFixed(2) ?? "none yet"],
  );
  await printTable(io, flags, ITEM_COLUMNS, rows, (cell, head, colors) =>
    head === "service" && cell === "estimate" ? colors.bold(cell) : cell,
  );
}

async function printProjection(io: Io, flags: GlobalFlags, projection: readonly ProjectedMonth[]): Promise<void> {
  const rows = projection.map(({ month, storedBytes, estimate }) => [
    month,
    short(storedBytes / GB),
    estimate.month.toFixed(2),
    estimate.month_free_tier.toFixed(2),
  ]);
  await printTable(io, flags, MONTH_COLUMNS, rows);
}

const right = (head: string) => ({ head, align: "right" as const });

const ITEM_COLUMNS = [
  { head: "service" },
  { head: "item" },
  right("quantity"),
  { head: "unit" },
  right("$ per unit"),
  right("$ a month"),
];

const MONTH_COLUMNS = [right("month"), right("stored GB"), right("estimate $"), right("with the free tier $")];

/** Four digits are more than an estimate is good for. */
function short(quantity: number): string {
  return String(Number(quantity.toPrecision(4)));
}
