import { isNumber, type NumberForm } from "./numbers.ts";
import { filled, listing, type SourceColumn } from "./source-table.ts";
import { unitByName, unitInName } from "./units.ts";
import * as W from "./words.ts";

/** What each column of a source is for, but for those of the time. */
export interface Roles {
  readonly device: SourceColumn | null;
  /** The column that names the measure of each row, beside one column of values. */
  readonly measure: SourceColumn | null;
  /** Columns of values: one in the long form. */
  readonly values: readonly SourceColumn[];
  readonly isLong: boolean;
  readonly unit: SourceColumn | null;
  readonly score: SourceColumn | null;
  readonly quality: SourceColumn | null;
  /** Columns that say something and are none of these. */
  readonly rest: readonly SourceColumn[];
}

/** Columns with more different texts among their numbers are no measures. */
const MOST_TEXTS = 12;

/** Whether a column has numbers, and but a few texts between them. */
function isNumeric(column: SourceColumn, form: NumberForm): boolean {
  const cells = filled(column);
  if (column.isText && !isNumberAsText(column.label, cells)) return false;
  const texts = new Set<string>();
  let numbers = 0;
  for (const cell of cells) {
    if (isNumber(cell, form)) numbers++;
    else if (texts.add(cell).size > MOST_TEXTS) return false;
  }
  if (numbers === 0 || cells.every((cell) => /^0\d/.test(cell))) return false;
  const least = W.isValueName(column.label) ? 0.1 : 0.5;
  return numbers >= cells.length * least || [...texts].every(W.isMissingWord);
}

/** Gateways write values as texts; ids and versions are texts as well. */
function isNumberAsText(label: string, cells: readonly string[]): boolean {
  if (W.isValueName(label) || unitByName(label) !== null) return true;
  return !W.isVersionName(label) && cells.some((cell) => /^-?\d+\.\d+$/.test(cell));
}

/** Which column is what: by names first, then by what is in them. `columns` are those that are no times. */
export function rolesOf(columns: readonly SourceColumn[], form: NumberForm, unsure: string[]): Roles {
  const used = new Set<SourceColumn>();
  const take = (found: SourceColumn | undefined): SourceColumn | null => {
    if (found !== undefined) used.add(found);
    return found ?? null;
  };
  const told = columns.filter((column) => filled(column).length > 0);
  const numeric = new Set(told.filter((column) => isNumeric(column, form)));
  const texts = told.filter((column) => !numeric.has(column));
  const unit = take(texts.find(({ label }) => W.isUnitName(label)));
  const score = take([...numeric].find((column) => W.isScoreName(column.label) && isShare(column)));
  const quality = take(told.find((column) => W.isQualityName(column.label) && isOfFew(column)));
  const measure = best(texts.filter(isOfSeveral), used, ({ label }) => W.measureScore(label));
  const device = deviceOf(
    told.filter((column) => column !== measure),
    numeric,
    used,
  );
  if (device !== null) used.add(device);
  const values = valuesOf(
    [...numeric].filter((column) => !used.has(column)),
    unsure,
  );
  const main = values.find(({ label }) => W.isValueName(label));
  const isLong = values.length === 1 || (main !== undefined && (measure ?? unit) !== null);
  const kept = isLong && main !== undefined ? [main] : values;
  if (kept.length < values.length) tellMain(kept[0], values, unsure);
  // One column cannot say the units of several.
  if (!isLong && unit !== null) used.delete(unit);
  if (isLong && measure !== null && measure !== device) used.add(measure);
  const guessed =
    device ??
    take(
      guessedDevice(
        texts.filter((column) => !used.has(column)),
        isLong,
        unsure,
      ),
    );
  for (const column of kept) used.add(column);
  return {
    ...{ device: guessed, unit: isLong ? unit : null, score, quality, values: kept, isLong },
    measure: isLong && measure !== guessed ? measure : null,
    rest: told.filter((column) => !used.has(column)),
  };
}

function tellMain(main: SourceColumn, values: readonly SourceColumn[], unsure: string[]): void {
  const others = values.filter((column) => column !== main).map(({ name }) => name);
  unsure.push(
    `Of the numbers ${JSON.stringify(main.name)} is taken for the value, and ${listing(others)} for what goes along. Look at reading.value.`,
  );
}

function best(
  columns: readonly SourceColumn[],
  used: ReadonlySet<SourceColumn>,
  scoreOf: (column: SourceColumn) => number,
): SourceColumn | null {
  const scored = columns.filter((column) => !used.has(column)).map((column) => ({ column, score: scoreOf(column) }));
  const found = scored.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
  return found[0]?.column ?? null;
}

/** By its name; numbers are ids where they are whole, come again, and the name is no machine's. */
function deviceOf(
  told: readonly SourceColumn[],
  numeric: ReadonlySet<SourceColumn>,
  used: ReadonlySet<SourceColumn>,
): SourceColumn | null {
  return best(told, used, (column) =>
    numeric.has(column) ? numberedScore(column) : W.deviceScore(column.label, true),
  );
}

/** How good an id of devices numbers are by their name; 0 for none. */
function numberedScore(column: SourceColumn): number {
  const cells = filled(column);
  const isId = cells.every((cell) => /^\d+$/.test(cell)) && new Set(cells).size <= Math.max(1, cells.length / 2);
  return isId ? W.deviceScore(column.label, false) : 0;
}

/** Columns of numbers that measure something: neither ids, counters nor places, nor the quality of others. */
function valuesOf(numeric: readonly SourceColumn[], unsure: string[]): SourceColumn[] {
  const able = numeric.filter((column) => !column.isAside);
  const isOther = ({ label }: SourceColumn) => W.isCounterName(label) || W.isPlaceName(label) || W.isQualityName(label);
  const measuring = able.filter((column) => !isOther(column) && numberedScore(column) === 0);
  const isCounting = (column: SourceColumn) => countsRows(column, column === numeric[0]);
  const found = measuring.filter((column) => !isCounting(column));
  if (found.length > 0) return withUnits(found, unsure);
  const counting = measuring.length > 0 ? measuring : able.slice(0, 1);
  const names = listing(counting.filter(isCounting).map(({ name }) => name));
  if (names !== "")
    unsure.push(
      `The numbers in ${names} count rows, and there are no others: is the value missing? Look at reading.value.`,
    );
  return counting;
}

/** Where columns say their units in brackets, whole numbers without any are of something else: states and counts. */
function withUnits(columns: readonly SourceColumn[], unsure: string[]): SourceColumn[] {
  const isSaid = ({ name }: SourceColumn) => unitInName(name) !== null;
  if (!columns.some(isSaid)) return [...columns];
  const isAside = (column: SourceColumn) =>
    column.unit === "" &&
    !isSaid(column) &&
    !W.isValueName(column.label) &&
    unitByName(column.label) === null &&
    filled(column).every((cell) => !/\d[.,]\d/.test(cell));
  const aside = columns.filter(isAside);
  if (aside.length > 0)
    unsure.push(
      `${listing(aside.map(({ name }) => name))} ${aside.length === 1 ? "has" : "have"} whole numbers and no unit, as other columns have: taken for what goes along. Look at reading.value.`,
    );
  return columns.filter((column) => !aside.includes(column));
}

/** So many rows that count up or down by one are numbers of rows, whatever they are called; fewer, where they begin at 1. */
const COUNTING = 30;
const COUNTING_FROM_ONE = 10;
/** As many are enough in front of all other numbers. */
const COUNTING_IN_FRONT = 3;

function countsRows(column: SourceColumn, isInFront: boolean): boolean {
  const { name, label, cells, unit } = column;
  if (unit !== "" || unitInName(name) !== null || W.isValueName(label) || unitByName(label) !== null) return false;
  const ends = [Number(cells[0]), Number(cells.at(-1))];
  const fromOne = isInFront ? COUNTING_IN_FRONT : COUNTING_FROM_ONE;
  if (cells.length < (Math.min(...ends) === 1 ? fromOne : COUNTING)) return false;
  const step = Math.sign(ends[1] - ends[0]);
  return (
    step !== 0 &&
    cells.every((cell, i) => /^\d{1,15}$/.test(cell) && (i === 0 || Number(cell) === Number(cells[i - 1]) + step))
  );
}

const isOfSeveral = (column: SourceColumn) => new Set(filled(column)).size > 1;

function isShare(column: SourceColumn): boolean {
  return filled(column).every((cell) => /^(0|1|0?[.,]\d+|1[.,]0+|0[.,]0*)$/.test(cell));
}

function isOfFew(column: SourceColumn): boolean {
  return new Set(filled(column)).size <= MOST_TEXTS && filled(column).every((cell) => !/^-?\d+[.,]\d+$/.test(cell));
}

/** A text that each row has and that comes again: of several the finest. */
function guessedDevice(texts: readonly SourceColumn[], isLong: boolean, unsure: string[]): SourceColumn | undefined {
  const distinct = (column: SourceColumn) => new Set(column.cells).size;
  const able = texts.filter((column) => {
    const { cells } = column;
    const isFull = filled(column).length >= cells.length * 0.9;
    const isShort = cells.every(
      (cell) => cell.length <= 64 && !/[\r\n]/.test(cell) && !/^(true|false|on|off|yes|no)$/i.test(cell),
    );
    return isFull && isShort && !column.isAside && distinct(column) <= Math.max(1, cells.length / 2);
  });
  const [found] = able.sort((a, b) => distinct(b) - distinct(a));
  if (found === undefined) return undefined;
  const among = able.length > 1 ? ` of ${listing(able.map(({ name }) => name))}` : "";
  const how = isLong ? "" : ", with the name of the measure";
  unsure.push(
    `${JSON.stringify(found.name)} is taken for the device${how}: its texts${among} come again from row to row. Look at reading.device_id.`,
  );
  return found;
}
