import { readdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { messageOf, VantageflowError } from "../../errors.ts";
import { escapeTerminal } from "../../escape.ts";
import { type Change, shortOf } from "../../replay/changes.ts";
import { type CaseResult, replayCase } from "../../replay/replay.ts";
import { VERSION } from "../../version.ts";
import type { FlagsOf } from "../command.ts";
import { complain, type GlobalFlags, type Io, notice, print, printJson, shellWord } from "../io.ts";
import { loadSettings } from "../settings.ts";
import { printTable } from "../table.ts";
import type { command } from "./replay.command.ts";

type ReplayFlags = FlagsOf<typeof command>;

export async function action(io: Io, flags: ReplayFlags, folders: string[]): Promise<number> {
  const { config } = await loadSettings(io, flags);
  const cases: { name: string; dir: string }[] = [];
  for (const folder of folders.length > 0 ? folders : ["fixtures"]) cases.push(...(await casesOf(folder)));

  const { checkIsCase, updateCase } = await import("../../replay/update.ts");
  if (flags.update) for (const { dir } of cases) checkIsCase(dir);
  const results: CaseResult[] = [];
  for (const { name, dir } of cases) {
    const result = await replayCase(name, dir, {
      settings: config.pipeline,
      code: VERSION,
      now: io.now,
      ...(flags.update ? { update: updateCase } : {}),
    });
    results.push(result);
    if (result.error !== null) complain(io, `${name}: ${result.error}`);
    if (!flags.json)
      for (const { diff } of result.differences) await print(io, escapeTerminal(diff, { keepLines: true }));
  }
  await show(io, flags, results);
  if (flags.update) sayUpdated(io, flags, results);
  sayBad(io, flags, folders, results);
  const isReported = flags.junit === undefined || (await writeJunit(io, flags.junit, results));
  return isReported && results.every(({ outcome }) => outcome === "same") ? 0 : 1;
}

async function show(io: Io, flags: ReplayFlags, results: readonly CaseResult[]): Promise<void> {
  if (flags.json) {
    const shown = results.map(({ case: name, outcome, differences, updated, error }) => ({
      case: name,
      outcome,
      differences,
      ...(updated === null ? {} : { updated }),
      ...(error === null ? {} : { error }),
    }));
    await printJson(io, { version: 1, cases: shown });
  } else if (flags.update) {
    const heads = [{ head: "case" }, { head: "file" }, { head: "what" }, { head: "lines" }];
    await printTable(io, flags, heads, results.flatMap(updateLines));
  } else {
    const heads = [{ head: "case" }, { head: "outcome" }, ...["batches", "differences"].map(right)];
    await printTable(
      io,
      flags,
      heads,
      results.map((r) => [r.case, r.outcome, r.batches, r.differences.length]),
    );
  }
}

/** What an update did, a line each. */
function updateLines({ case: name, outcome, updated }: CaseResult): string[][] {
  if (updated === null || updated.length === 0) return [[name, "", outcome === "same" ? "unchanged" : outcome, ""]];
  return updated.map((change) => [name, change.file, change.what, shortOf(change)]);
}

function sayUpdated(io: Io, flags: GlobalFlags, results: readonly CaseResult[]): void {
  const changes = results.flatMap(({ updated }) => updated ?? []);
  if (changes.length === 0) {
    notice(io, flags, "Nothing was updated: what came out is what was expected.");
    return;
  }
  const count = (what: Change["what"]) => changes.filter((change) => change.what === what).length;
  const counts = (["changed", "written", "removed"] as const).map((what) => `${count(what)} ${what}`).join(", ");
  const cases = results.filter(({ updated }) => updated !== null && updated.length > 0).length;
  const told = `What is expected was updated in ${cases} of ${results.length} case${results.length === 1 ? "" : "s"}`;
  notice(io, flags, `${told}. Files: ${counts}. Without --update they differ: look at them before you keep them.`);
}

function sayBad(io: Io, flags: GlobalFlags, folders: readonly string[], results: readonly CaseResult[]): void {
  const count = (outcome: CaseResult["outcome"]) => results.filter((result) => result.outcome === outcome).length;
  const of = `of ${results.length} case${results.length === 1 ? "" : "s"}`;
  if (count("error") > 0) notice(io, flags, `${count("error")} ${of} could not be run.`);
  if (count("different") === 0) return;
  const update = ["vantageflow replay", ...folders.map(shellWord), "--update"].join(" ");
  notice(io, flags, `${count("different")} ${of} differ. If that is what you want: ${update}`);
}

function right(head: string) {
  return { head, align: "right" as const };
}

/** A folder with `bronze/` is a case; any other is a folder of cases. */
async function casesOf(folder: string): Promise<{ name: string; dir: string }[]> {
  let entries: { name: string; isDirectory(): boolean }[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const why = "there is no such folder. Name one with <case>/bronze/ in it";
    throw new VantageflowError("input_invalid", `Cannot replay "${folder}": ${why}.`, { cause: error });
  }
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith(".")).map(({ name }) => name);
  if (folders.includes("bronze")) return [{ name: basename(resolve(folder)), dir: folder }];
  if (folders.length === 0) {
    throw new VantageflowError(
      "input_invalid",
      `Cannot replay "${folder}": no case is in it. A case is a folder with bronze/.`,
    );
  }
  return folders.sort().map((name) => ({ name, dir: join(folder, name) }));
}

/** False when it could not be written; what was done is told already. */
async function writeJunit(io: Io, file: string, results: readonly CaseResult[]): Promise<boolean> {
  const { junitXml } = await import("../junit.ts");
  const cases = results.map(({ case: name, seconds, outcome, differences, error }) => ({
    name,
    seconds,
    failure: outcome === "different" ? differences.map(({ diff }) => diff).join("\n") : null,
    error,
  }));
  try {
    await writeFile(file, junitXml({ name: "vantageflow replay", cases }));
    return true;
  } catch (error) {
    complain(io, `Cannot write "${file}": ${messageOf(error)}. Choose a folder that is there.`);
    return false;
  }
}
