import { availableParallelism } from "node:os";
import type { Rewound } from "../../../tables/delta/rewind.ts";
import { dropDetections, hasDetections } from "../../../tables/detections/keep.ts";
import { syncDetections } from "../../../tables/detections/sync.ts";
import { createEncoder } from "../../../tables/readings/encoder.ts";
import { type KeptTable, keepReadings } from "../../../tables/readings/keep.ts";
import { dropReadings } from "../../../tables/readings/rebuild.ts";
import { rewindReadings } from "../../../tables/readings/rewind.ts";
import type { FlagsOf } from "../../command.ts";
import { checkCanAsk, confirm } from "../../confirm.ts";
import { complain, type GlobalFlags, type Io, notice, printJson, untilEnd } from "../../io.ts";
import { plural } from "../../plural.ts";
import { checkLake, loadSettings, openLake } from "../../settings.ts";
import { interruptible } from "../../signals.ts";
import { tableContext } from "../../tables.ts";
import type { command } from "./sync.command.ts";

/** Batches that are named in a line. */
const NAMED = 10;

export async function action(io: Io, flags: FlagsOf<typeof command>): Promise<number> {
  const settings = await loadSettings(io, flags);
  const { lake } = settings.config;
  checkLake(lake, "sync the tables of");
  const { storage } = openLake(io, settings);
  const encoder = availableParallelism() > 1 ? untilEnd(io, createEncoder(io.encodeScript)) : null;
  const context = { ...tableContext(io, settings.config, storage), encoder };
  let lost: readonly string[] = [];
  let hadDetections = false;
  if (flags.rebuild === true) {
    const what = `make the table of ${lake} anew`;
    if (flags.yes !== true) {
      checkCanAsk(io, what);
      if (!(await confirm(io, `Take the table away and ${what}? Rows that silver does not have any more are lost.`)))
        return 1;
    }
    lost = await dropReadings(context);
  }
  const rewound = flags.rewind === true && flags.rebuild !== true ? await rewindReadings(context) : null;
  if (flags.rebuild === true || rewound !== null) {
    hadDetections = await hasDetections(context);
    await dropDetections(context);
  }
  if (rewound !== null && rewound.to < rewound.from)
    notice(io, flags, `Put back from version ${rewound.from} to ${rewound.to}, the newest that is whole.`);
  const { results, interrupted } = await interruptible(io, flags, (stopped) =>
    keepReadings(context, {
      stopped,
      onSkipped: (key, why) => notice(io, flags, `Ignored ${key}: ${why}.`),
    }),
  );
  // They are made of the readings, which were made anew or put back.
  if (hadDetections && interrupted === null)
    await syncDetections(context, { oneIn: settings.config.detectOneIn ?? undefined });
  if (flags.json) await printJson(io, jsonOf(lake, results, flags.rebuild === true, lost, rewound));
  say(io, flags, lake, results, lost);
  return interrupted ?? (results.refused.length > 0 ? 1 : 0);
}

function jsonOf(lake: string, result: KeptTable, isRebuilt: boolean, lost: readonly string[], rewound: Rewound | null) {
  const { version, columns, refused, waiting, compacted, ...counts } = result;
  const rebuilt = isRebuilt ? { lost_batches: lost } : {};
  return {
    version: 1,
    lake,
    table: "readings",
    table_version: version,
    ...counts,
    columns,
    refused,
    waiting,
    merged: { removed: compacted?.removed ?? 0, files: compacted?.files ?? 0 },
    ...rebuilt,
    ...(rewound === null ? {} : { rewound }),
  };
}

function say(io: Io, flags: GlobalFlags, lake: string, result: KeptTable, lost: readonly string[]): void {
  const { batches, rows, replaced, gone, removed, renewed, files, version, columns, refused, waiting } = result;
  if (lost.length > 0) {
    const [many, more] = [plural(lost.length, "batch", "batches"), lost.length - NAMED];
    const names = [...lost.slice(0, NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
    notice(io, flags, `${many} had been in the table that silver does not have any more: ${names}.`);
  }
  for (const { source, name } of columns) {
    notice(io, flags, `New column ${name}${name === source ? "" : `, which is "${source}" in the sources`}.`);
  }
  for (const { message } of refused) complain(io, `not in the table: ${message}`);
  for (const { path, message } of waiting) notice(io, flags, `Left for the next time: ${path}: ${message}`);
  const { compacted } = result;
  if (compacted !== null) notice(io, flags, `${compacted.removed} small files became ${compacted.files}.`);
  if (result.commits + renewed === 0) {
    notice(
      io,
      flags,
      `Nothing to do in ${lake}: tables/readings/ has all of silver and anomalies (version ${version}).`,
    );
    return;
  }
  const older = replaced > 0 ? `, ${replaced} instead of their older rows` : "";
  const out = gone > 0 ? ` ${plural(gone, "batch", "batches")} went.` : "";
  const same = renewed > 0 ? ` ${plural(renewed, "batch is", "batches are")} the same as before.` : "";
  const lines = `${plural(rows, "row")} of ${plural(batches, "batch", "batches")} came in${older}, ${removed} went.`;
  notice(io, flags, `${lines}${out}${same} ${plural(files, "file")} written; the table is at version ${version}.`);
}
