import { REQUIRED } from "../../pipeline/refused-header.ts";
import type { Json } from "../json.ts";
import type { KnownNames } from "../known.ts";
import { deviceIdOf } from "./device-role.ts";
import { proposedMeasures, unitOfRows } from "./measures.ts";
import { missingIn } from "./missing.ts";
import { type NumberForm, numberFormOf, PLAIN_NUMBERS } from "./numbers.ts";
import { cannotInfer } from "./refusal.ts";
import { type Roles, rolesOf } from "./roles.ts";
import { filled, listing, type SourceColumn, type SourceTable } from "./source-table.ts";
import { timeRoleOf, timestampOf } from "./time-role.ts";
import { timeFormOf, unreadCell } from "./times.ts";
import { isGoodQuality, timeScore } from "./words.ts";

/** `reading` of a contract, and what `format` says of cells. */
export interface InferredReading {
  readonly reading: Record<string, Json>;
  readonly numbers: NumberForm;
  /** Cells that are no reading, beside empty ones. */
  readonly missing: readonly string[];
}

/** More columns than these do not go along. */
const MOST_CARRIED = 20;

/**
 * What a table of a source says: its time, device, values, units and what else goes along. Throws `input_invalid` where it
 * has no time or no numbers.
 */
export function readingOf(fileName: string, table: SourceTable, known: KnownNames, unsure: string[]): InferredReading {
  const usable = table.columns.filter(({ name }) => name !== "" && name !== "__proto__");
  const time = timeRoleOf(usable);
  if (time === null) throw noTime(fileName, usable);
  const columns = usable.filter((column) => !time.columns.includes(column));
  const told = columns.filter((column) => !time.others.includes(column));
  const numbers = numbersOf(table, told, time.form.format, unsure);
  const roles = rolesOf(told, numbers, unsure);
  if (roles.values.length === 0) throw noNumbers(fileName, columns);
  const timestamp = timestampOf(time, table.above, known.zones, unsure);
  const device = deviceIdOf(table, roles, unsure);
  if (table.members.length === 0) tellSameTimes(time.columns, roles, unsure);
  const isOneValue = roles.isLong || table.members.length > 0;
  const values = isOneValue ? null : proposedMeasures(table, roles, unsure);
  const unit = values === null ? unitOfRows(table, roles, unsure) : values.unit;
  const reading = {
    timestamp,
    device_id: device,
    value: values === null ? { column: roles.values[0].name } : values.value,
    ...(unit === null ? {} : { unit }),
    ...(roles.score === null ? {} : { anomaly_score: { column: roles.score.name } }),
    ...keepOf(roles, unsure),
    ...carryOf(table, [...roles.rest, ...time.others], roles, unsure),
  };
  return { reading, numbers, missing: missingIn(roles.values, numbers, unsure) };
}

const GROUPED_BY_POINTS: NumberForm = { decimalChar: ",", groupChar: "." };

function numbersOf(
  table: SourceTable,
  columns: readonly SourceColumn[],
  timeFormat: string,
  unsure: string[],
): NumberForm {
  if (table.kind === "json") return PLAIN_NUMBERS;
  const { form, isDoubtful } = numberFormOf(
    columns.flatMap(({ cells }) => cells),
    table.delimiter,
  );
  if (!isDoubtful) return form;
  // Where semicolons part cells and dates have points, fractions have commas.
  const isOfCommas = form === PLAIN_NUMBERS && table.delimiter === ";" && /^d+\.M+\.y/.test(timeFormat);
  const taken = isOfCommas ? GROUPED_BY_POINTS : form;
  const sign = (taken.groupChar || taken.decimalChar) === "." ? "point" : "comma";
  const [group, fraction] = ["what parts thousands", "what stands before a fraction"];
  const isGroup = taken.groupChar !== "";
  const because = isOfCommas ? ", as files with semicolons and such dates have it" : "";
  unsure.push(
    `Behind each ${sign} in the numbers stand three digits: it is taken for ${isGroup ? group : fraction}${because}, and could be ${isGroup ? fraction : group}. Look at format.decimalChar and format.groupChar.`,
  );
  return taken;
}

/** Rows that count only where a system calls their value good. */
function keepOf({ quality }: Roles, unsure: string[]): { keep?: Json } {
  if (quality === null) return {};
  const texts = [...new Set(filled(quality))];
  const good = texts.filter(isGoodQuality);
  const name = JSON.stringify(quality.name);
  if (good.length === 0) {
    unsure.push(
      `${name} seems to say how good a value is (${listing(texts)}); all rows count. State reading.keep, if some should not: { "column": ${name}, "in": […] }.`,
    );
    return {};
  }
  const others = texts.filter((text) => !good.includes(text));
  const left = others.length === 0 ? "" : `, not where it is ${listing(others)}`;
  unsure.push(`Rows count where ${name} is ${listing(good)}${left}. Look at reading.keep, or take it out.`);
  return { keep: { column: quality.name, in: good } };
}

function carryOf(
  { kind }: SourceTable,
  rest: readonly SourceColumn[],
  { quality }: Roles,
  unsure: string[],
): { carry?: string[] } {
  const told = [...rest, ...(quality === null ? [] : [quality])].filter((column) => filled(column).length > 0);
  if (told.length === 0) return {};
  const names = told.map(({ name }) => name);
  if (kind === "json") {
    unsure.push(
      `Left out are ${listing(names, 10)}. Name in reading.value.measures what is a measure, in reading.carry what should go along.`,
    );
    return {};
  }
  const able = names.filter((name) => !REQUIRED.some((required) => required === name));
  const carried = able.length > MOST_CARRIED ? [] : able;
  if (carried.length < names.length)
    unsure.push(
      `Left out are ${listing(
        names.filter((name) => !carried.includes(name)),
        10,
      )}.`,
    );
  return carried.length === 0 ? {} : { carry: carried };
}

/** Rows of one time that follow one another should be of different devices. */
function tellSameTimes(times: readonly SourceColumn[], { device, measure, rest }: Roles, unsure: string[]): void {
  const seen = new Set<string>();
  let before = "";
  for (let row = 0; row < times[0].cells.length; row++) {
    const time = JSON.stringify(times.map(({ cells }) => cells[row]));
    const id = JSON.stringify([device?.cells[row], measure?.cells[row]]);
    if (time !== before) seen.clear();
    before = time;
    if (times.some(({ cells }) => cells[row] === "")) continue;
    if (seen.size !== seen.add(id).size) continue;
    const others = rest.filter((column) => !/^[\d.,-]*$/.test(column.cells[row]));
    const hint = others.length === 0 ? "" : ` (one of ${listing(others.map(({ name }) => name))}?)`;
    unsure.push(
      `Several rows are of one time and one device, as of ${listing(times.map(({ cells }) => cells[row]))}: does another column${hint} belong to the id? Look at reading.device_id.`,
    );
    return;
  }
}

function noTime(fileName: string, columns: readonly SourceColumn[]) {
  const serial = columns.find(
    (column) => timeScore(column.label) > 0 && filled(column).every((cell) => /^[2-6]\d{4}([.,]\d+)?$/.test(cell)),
  );
  if (serial !== undefined) {
    const why = `the numbers in ${listing([serial.name])} count days, as spreadsheets keep dates`;
    return cannotInfer(fileName, why, "Show the column as dates there, and export it again.");
  }
  const half = halfRead(columns);
  if (half !== null)
    return cannotInfer(fileName, half, "Mend such cells where the file comes from, or leave them out.");
  const shown = columns.slice(0, 8).map(({ name, cells }) => `${name}: ${cells.find((cell) => cell !== "") ?? ""}`);
  const why = `no column of it reads as times (${listing(shown)})`;
  return cannotInfer(fileName, why, "Each reading has one: add a column, or write the contract by hand.");
}

/** What is wrong with a column that is one of times but for many of its cells: 24:00, as some write midnight. */
function halfRead(columns: readonly SourceColumn[]): string | null {
  for (const column of columns.slice(0, 100)) {
    const cells = filled(column);
    const form = timeFormOf(cells, 0.3);
    const cell = form === null ? null : unreadCell(form.format, cells);
    if (form === null || cell === null) continue;
    const percent = Math.floor(form.share * 100);
    return `of the cells in ${JSON.stringify(column.name)} ${percent}% are times by ${JSON.stringify(form.format)}, and ${JSON.stringify(cell.slice(0, 40))} is none`;
  }
  return null;
}

function noNumbers(fileName: string, columns: readonly SourceColumn[]) {
  const beside = columns.find((column) => filled(column).some((cell) => /^[+-]?\d+([.,]\d+)? ?\D{1,6}$/.test(cell)));
  if (beside !== undefined) {
    const cell = JSON.stringify(
      filled(beside)
        .find((one) => /^[+-]?\d/.test(one))
        ?.slice(0, 40),
    );
    return cannotInfer(
      fileName,
      `numbers stand in one cell with other texts (${cell})`,
      "Export numbers and units apart.",
    );
  }
  return cannotInfer(fileName, "no column of it has numbers", "Take a sample with some values in it.");
}
