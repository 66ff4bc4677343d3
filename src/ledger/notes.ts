import type { ReadContract } from "./read-contract.ts";
import type { RowCounts, RowNotes } from "./receipts.ts";

interface Noted {
  /** How the batch is called. */
  readonly key: string;
  readonly rows?: RowCounts;
  readonly notes?: RowNotes;
  readonly contract?: Pick<ReadContract, "name" | "records" | "left" | "unseen" | "assumed" | "unmet">;
}

/** Names of measures told in a sentence. */
const MOST_NAMES = 3;

/** What there is to say of the rows of batches, a sentence each without its full stop. */
export function noteTexts(batches: readonly Noted[]): string[] {
  const cut = batches.filter(({ notes }) => notes?.last_line_unterminated).map(({ key }) => key);
  const spanning = batches.flatMap(({ key, notes }) => {
    return notes?.multiline_rows === undefined ? [] : [{ key, ...notes.multiline_rows }];
  });
  return [
    ...(cut.length > 0 ? [unterminatedText(cut)] : []),
    ...spanning.slice(0, 1).map(({ key, first_line }) => {
      const rows = spanning.reduce((sum, { count }) => sum + count, 0);
      const first = `${rows === 1 ? "" : "the first "}on line ${first_line} of ${key}`;
      return `${rows} row${rows === 1 ? "" : "s"} with a quoted field over several lines, ${first}`;
    }),
    ...batches.flatMap(contractTexts),
    ...unmetTexts(batches),
  ];
}

/**
 * Of rules that were for no reading: a unit or a name in them may be mistyped. Not where the same rule was for a reading of
 * another of these batches, for a contract may have rules for devices that have files of their own.
 */
function unmetTexts(batches: readonly Noted[]): string[] {
  const judged = batches.filter(({ rows, contract: { unmet = [] } = {} }) => {
    return unmet.length > 0 || (rows !== undefined && rows.silver + rows.anomalies > 0);
  });
  const names = new Set(judged.map(({ contract }) => contract?.name));
  return [...names].flatMap((name) => {
    const ofOne = judged.filter((one) => one.contract?.name === name);
    const [{ key, contract }, ...others] = ofOne;
    const of = others.length === 0 ? key : `${ofOne.length} batches, as ${key}`;
    const unmet = (contract?.unmet ?? []).filter((rule) => others.every((one) => one.contract?.unmet?.includes(rule)));
    return unmet.map((rule) => {
      return `The rule ${JSON.stringify(rule)} spoke of no reading of ${of}: look at its units, devices and measures`;
    });
  });
}

/** Of batches, at least one, whose last row has no line end. */
export function unterminatedText([first, ...others]: readonly string[]): string {
  return others.length === 0
    ? `The last row of ${first} has no line end: it may have been cut off`
    : `The last rows of ${others.length + 1} batches have no line end, as in ${first}: they may have been cut off`;
}

/** What a contract may have been wrong about: nothing of it is an error of the file. */
function contractTexts({ key, contract }: Noted): string[] {
  const { records = 0, left = 0, unseen = [], assumed = 0 } = contract ?? {};
  const all = records === 1 ? "The only record" : `None of the ${records} records`;
  const names = unseen.slice(0, MOST_NAMES).map((name) => JSON.stringify(name));
  const more = unseen.length > MOST_NAMES ? ` and ${unseen.length - MOST_NAMES} more` : "";
  return [
    ...(records > 0 && left === records
      ? [`${all} of ${key} ${records === 1 ? "does not have" : "has"} what "keep" of its contract wants`]
      : []),
    ...(left < records && unseen.length > 0 ? [`No record of ${key} has a value for ${names.join(", ")}${more}`] : []),
    ...(assumed > 0
      ? [
          `${assumed} local time${assumed === 1 ? "" : "s"} of ${key} may be an hour off: no step back of a device tells which pass it is of the hour that exists twice`,
        ]
      : []),
  ];
}
