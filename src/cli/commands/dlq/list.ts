import type { Failure } from "../../../ledger/failures.ts";
import { ANOMALIES, isRejectsKey } from "../../../ledger/layers.ts";
import type { FlagsOf } from "../../command.ts";
import { failureJson, openDeadLetters, sayReplaced } from "../../failures.ts";
import { type GlobalFlags, type Io, lakeOption, notice, printJson } from "../../io.ts";
import { checkLake, loadSettings, openLake } from "../../settings.ts";
import { printTable } from "../../table.ts";
import type { command } from "./list.command.ts";

export async function action(io: Io, flags: FlagsOf<typeof command>): Promise<number> {
  if (flags.rejects === true) return listRejects(io, flags);
  const { lake, failures } = await openDeadLetters(io, flags);
  const shown = failures.filter(({ state }) => flags.all === true || state === "open");
  if (flags.json) {
    await printJson(io, { version: 1, lake, dead_letters: shown.map(failureJson) });
    return 0;
  }
  const heads = ["id", "time", "state", "file", "code", "why"].map((head) => ({ head }));
  // A terminal has no room for whole ids, and their beginning is enough; a program gets them whole.
  const idOf = ({ id }: Failure) => (io.stdout.isTTY ? id.slice(0, 8) : id);
  const rows = shown.map((one) => [idOf(one), one.time, one.state, one.key ?? "", one.code, one.message]);
  await printTable(io, flags, heads, rows, (cell, head, colors) => {
    return head === "state" && cell === "open" ? colors.red(cell) : cell;
  });
  const closed = failures.length - shown.length;
  const option = lakeOption(lake);
  if (shown.length > 0) {
    const dismiss = `or close what is not to be done: vantageflow dlq dismiss ID${option}`;
    notice(io, flags, `Next: vantageflow dlq redrive --dry-run${option}; ${dismiss}`);
  } else if (closed === 0) notice(io, flags, "No dead letters.");
  else notice(io, flags, `No open failures; ${closed} closed: vantageflow dlq list --all${lakeOption(lake)}`);
  sayReplaced(io, flags, lake, failures);
  return 0;
}

/** The files of rejected rows, of all batches. */
async function listRejects(io: Io, flags: GlobalFlags): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, "list the rejected rows of");
  const { storage } = openLake(io, settings);
  const rejects: { file: string; bytes: number; time: string }[] = [];
  for await (const { key, size, modified } of storage.list(ANOMALIES)) {
    if (isRejectsKey(key)) rejects.push({ file: key, bytes: size, time: new Date(modified).toISOString() });
  }
  if (flags.json) {
    await printJson(io, { version: 1, lake, rejects });
    return 0;
  }
  const heads = [{ head: "file" }, { head: "bytes", align: "right" as const }, { head: "time" }];
  await printTable(
    io,
    flags,
    heads,
    rejects.map(({ file, bytes, time }) => [file, bytes, time]),
  );
  if (rejects.length === 0) notice(io, flags, "No rejected rows.");
  return 0;
}
