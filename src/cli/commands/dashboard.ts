import { defaultLookSeconds } from "../../config.ts";
import { serve } from "../../dashboard/serve.ts";
import { quote, VantageflowError } from "../../errors.ts";
import { lateReadingsTable } from "../../tables/late.ts";
import { VERSION } from "../../version.ts";
import { openBrowser } from "../browser.ts";
import type { FlagsOf } from "../command.ts";
import { type GlobalFlags, type Io, notice, printJson } from "../io.ts";
import { openMonitor } from "../monitor.ts";
import { loadPage } from "../page.ts";
import { loadSettings, openLake, withLake } from "../settings.ts";
import { untilSignal } from "../signals.ts";
import { readToken } from "../token.ts";
import type { command } from "./dashboard.command.ts";

type DashboardFlags = FlagsOf<typeof command>;

/** Serves the lake's page and data API until somebody stops it. */
export async function action(io: Io, flags: DashboardFlags, lake?: string): Promise<number> {
  const port = readPort(flags.port);
  const token = readToken(io, "VANTAGEFLOW_TOKEN");
  const settings = await loadSettings(io, withLake(io, flags, lake));
  const monitor = openMonitor(io, settings, "show");
  const assets = await loadPage(io);
  const links: string[] = [];
  const { lake: shown, interval } = settings.config;
  const intervalMs = 1000 * (flags.interval === undefined ? defaultLookSeconds(shown) : interval);
  const onLink = (link: string) => tell(link);
  const readings = lateReadingsTable(openLake(io, settings).storage);
  const serving = await serve({ monitor, readings, assets, token, port, intervalMs, version: VERSION, onLink });
  // There is nothing to finish, so nothing is said of it.
  const stopped = untilSignal(io, { ...flags, quiet: true });
  function tell(link: string): void {
    links.push(link);
    if (links.length === 1) notice(io, flags, `The dashboard of ${shown}: ${link}`);
    else notice(io, flags, `Opened. The link works once; for another browser: ${link}`);
  }
  if (flags.json === true) await printJson(io, { version: 1, lake: shown, port: serving.port, url: links[0] });
  notice(io, flags, "It only reads, and only this machine reaches it. Ctrl-C stops it.");
  if (io.environment.SSH_CONNECTION) {
    const tunnel = `ssh -L ${serving.port}:localhost:${serving.port} HOST`;
    notice(
      io,
      flags,
      `Over SSH, run this where your browser is: ${tunnel}; another first port goes into the link, too.`,
    );
  }
  if (flags.open === true) await open(io, flags, links[0]);
  try {
    return await stopped;
  } finally {
    await serving.close();
  }
}

async function open(io: Io, flags: GlobalFlags, url: string): Promise<void> {
  if (!io.stderr.isTTY || !io.stdin.isTTY) notice(io, flags, "There is no terminal, so no browser is opened.");
  else if (!(await openBrowser(url))) notice(io, flags, "There is no browser to open it with: open the link yourself.");
}

function readPort(given: string): number {
  if (/^\d{1,5}$/.test(given) && Number(given) <= 65_535) return Number(given);
  const why = "it is no port. Use a number from 0 (any that is free) to 65535";
  throw new VantageflowError("usage", `Cannot use --port ${quote(given)}: ${why}.`);
}
