import { setTimeout as sleep } from "node:timers/promises";
import { defaultLookSeconds } from "../../config.ts";
import { messageOf, VantageflowError } from "../../errors.ts";
import { isEmpty, type Overview } from "../../monitor/overview.ts";
import type { FlagsOf } from "../command.ts";
import { advised, complain, type GlobalFlags, type Io, lakeOption, notice, print, printJson } from "../io.ts";
import { openMonitor } from "../monitor.ts";
import { loadSettings, withLake } from "../settings.ts";
import { untilSignal } from "../signals.ts";
import { statusLines, statusScreen } from "../status-text.ts";
import type { command } from "./status.command.ts";

type StatusFlags = FlagsOf<typeof command>;

const UNHEALTHY = 3;
/** Cursor to the top, and what is below it cleared: what is drawn in one write does not flicker (ECMA-48: CUP, ED). */
const REDRAW = "\u001b[H\u001b[J";

/** How the lake does, in one screen. Exits 3 with `--check` when it is unhealthy. */
export async function action(io: Io, flags: StatusFlags, lake?: string): Promise<number> {
  const given = typeof flags.watch === "string" ? secondsOf(flags.watch) : null;
  if (flags.watch !== undefined && flags.check) {
    throw new VantageflowError("usage", "Cannot check and watch at once: a check looks once. Leave out one of them.");
  }
  const settings = await loadSettings(io, withLake(io, flags, lake));
  const monitor = openMonitor(io, settings, "look at", "day");
  if (flags.watch !== undefined) {
    return watchStatus(io, flags, monitor.refresh, given ?? defaultLookSeconds(settings.config.lake));
  }
  const overview = await monitor.refresh();
  await printStatus(io, flags, overview);
  if (isEmpty(overview)) {
    const option = lakeOption(settings.config.lake);
    notice(io, flags, `${settings.config.lake} is empty. Try: vantageflow ingest FILE${option}, or vantageflow demo`);
  }
  return flags.check && overview.health.verdict === "unhealthy" ? UNHEALTHY : 0;
}

function secondsOf(given: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
  if (seconds >= 1 && seconds <= 3600) return seconds;
  throw new VantageflowError("usage", `Cannot watch every "${given}" seconds: give a number from 1 to 3600.`);
}

async function printStatus(io: Io, flags: GlobalFlags, overview: Overview): Promise<void> {
  if (flags.json) return printJson(io, overview);
  const { health, contracts } = overview;
  const said = (text: string) => advised(io, text);
  const told = {
    ...overview,
    health: {
      ...health,
      reasons: health.reasons.map((one) => ({ ...one, message: said(one.message), next: said(one.next) })),
    },
    contracts: contracts.map((one) => ({ ...one, next: one.next === null ? null : said(one.next) })),
  };
  await print(io, io.stdout.isTTY ? said(await statusScreen(io, flags, told)) : statusLines(told));
}

/** Looks again and again until a signal. A look that fails says so, and how old is what it leaves on the screen. */
async function watchStatus(
  io: Io,
  flags: GlobalFlags,
  look: () => Promise<Overview>,
  seconds: number,
): Promise<number> {
  const stop = new AbortController();
  const ended = untilSignal(io, { ...flags, quiet: true }).finally(() => stop.abort());
  let last: Overview | null = null;
  while (!stop.signal.aborted) {
    try {
      last = await look();
      if (io.stdout.isTTY && !flags.json) await print(io, REDRAW);
      await printStatus(io, flags, last);
    } catch (error) {
      if (flags.json) await printJson(io, { version: 1, error: { code: codeOf(error), message: messageOf(error) } });
      const age = last === null ? "" : ` What is shown is of ${last.time}.`;
      complain(io, `${messageOf(error)}${age}`);
    }
    await sleep(seconds * 1000, undefined, { signal: stop.signal }).catch(() => {});
  }
  return ended;
}

function codeOf(error: unknown): string {
  return error instanceof VantageflowError ? error.code : "internal";
}
