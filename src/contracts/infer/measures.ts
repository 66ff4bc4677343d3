import type { Json } from "../json.ts";
import { measureName } from "../measures.ts";
import { UNKNOWN_UNIT } from "../unknown-units.ts";
import type { Roles } from "./roles.ts";
import { filled, listing, type SourceColumn, type SourceTable } from "./source-table.ts";
import { aroundUnits, hasBrackets, unitByName, unitInName } from "./units.ts";
import { wordsOf } from "./words.ts";

/** Values of several measures, and what units they have all together; null where each has its own. */
export interface InferredMeasures {
  readonly value: Record<string, Json>;
  readonly unit: Json | null;
}

/** More columns are told by a pattern: nobody reads a list of them. */
const MOST_LISTED = 200;
const MOST_EXCEPT = 1000;

/** The columns of values of a source, each with its unit. */
export function proposedMeasures(table: SourceTable, { values }: Roles, unsure: string[]): InferredMeasures {
  const names = values.map(({ name }) => name);
  const common = commonUnit(table, values, unsure);
  if (values.length > MOST_LISTED) return patternOf(table, values, common, unsure);
  const units = common === null ? unitsOf(values, unsure) : null;
  const called = values.map((column, i) => units?.[i].called ?? column.called ?? ownName(column, table, common));
  const measures = names.map((name, i) => {
    const isUsable = called[i] !== "" && called.indexOf(called[i]) === i;
    const as = isUsable ? called[i] : uniqueName(values[i], called, i);
    called[i] = as;
    const isNeeded = as !== ownName(values[i], table, common);
    return [name, { ...(isNeeded ? { as } : {}), ...(units === null ? {} : { unit: units[i].unit }) }];
  });
  return { value: { measures: Object.fromEntries(measures) }, unit: common };
}

function ownName({ name }: SourceColumn, { kind }: SourceTable, common: Json | null): string {
  const format = { type: kind } as Parameters<typeof measureName>[1];
  return measureName(name, format, (common ?? undefined) as Parameters<typeof measureName>[2]);
}

/** The name with what stands around it in JSON; else as the column. */
function uniqueName({ name }: SourceColumn, taken: readonly string[], at: number): string {
  const plain = name
    .replace(/[[\]"]+/g, ".")
    .replace(/\.+/g, ".")
    .replace(/^\.|\.$/g, "");
  for (let n = 1; ; n++) {
    const one = n === 1 ? plain || name : `${plain || name}-${n}`;
    if (!taken.some((other, i) => i !== at && other === one)) return one;
  }
}

/** Where the file says the units of all its values in one way. */
function commonUnit(table: SourceTable, values: readonly SourceColumn[], unsure: string[]): Json | null {
  if (table.hasUnitsRow) {
    const without = values.filter(({ unit }) => unit === "");
    if (without.length === 0) return { from: "unitsRow" };
    unsure.push(
      `The row of units has none for ${listing(without.map(({ name }) => name))}. State theirs in reading.value.measures.`,
    );
    return null;
  }
  const around = table.hasHeader && table.kind === "csv" ? aroundUnits(values.map(({ name }) => name)) : null;
  return around === null ? null : { from: "header", ...around };
}

interface OwnUnit {
  readonly unit: string;
  readonly called?: string;
}

function unitsOf(values: readonly SourceColumn[], unsure: string[]): OwnUnit[] {
  const hasRelative = values.some(({ label }) => wordsOf(label).join() === "rh");
  const [guessed, unknown]: [string[], string[]] = [[], []];
  const units = values.map((column): OwnUnit => {
    if (column.unit !== "") return { unit: column.unit };
    const inName = unitInName(column.name);
    if (inName !== null) return { unit: inName.unit, called: inName.rest || column.name };
    const byName = unitByName(column.label, hasRelative);
    if (byName === null) unknown.push(column.name);
    else if (!byName.isSaid) guessed.push(`${column.name}: ${byName.unit}`);
    const unit = byName?.unit ?? UNKNOWN_UNIT;
    // `Temperatur °C` is the temperature; in an id the unit would be a second time.
    const rest = column.name.endsWith(` ${unit}`) ? column.name.slice(0, -unit.length).trim() : "";
    return rest === "" ? { unit } : { unit, called: rest };
  });
  if (guessed.length > 0)
    unsure.push(`Units by nothing but names: ${listing(guessed, 20)}. Look at them in reading.value.measures.`);
  if (unknown.length > 0) {
    const hint = values.every(({ name, label }) => name !== label || !unknown.includes(name) || !hasBrackets(name))
      ? ""
      : "; if what stands in brackets is the unit, write it there";
    unsure.push(
      `The units of ${listing(unknown, 20)} stand nowhere, ${JSON.stringify(UNKNOWN_UNIT)} is put for them${hint}. State them in reading.value.measures.`,
    );
  }
  return units;
}

function patternOf(
  table: SourceTable,
  values: readonly SourceColumn[],
  common: Json | null,
  unsure: string[],
): InferredMeasures {
  const names = new Set(values.map(({ name }) => name));
  unsure.push(
    `There are ${values.length} columns of values: reading.value takes all that are named nowhere else. Look at "except".`,
  );
  if (common === null)
    unsure.push(`Their units stand nowhere, ${JSON.stringify(UNKNOWN_UNIT)} is put for them. State reading.unit.`);
  const others = table.columns.map(({ name }) => name).filter((name) => name !== "" && !names.has(name));
  const listed = [...new Set(others)].slice(0, MOST_EXCEPT);
  return {
    value: { pattern: "*", ...(listed.length > 0 ? { except: listed } : {}) },
    unit: common ?? { constant: UNKNOWN_UNIT },
  };
}

/** Devices with one unit each are told apart by the words of their ids; so many patterns at most. */
const MOST_PATTERNS = 20;

const NOBODY: Pick<SourceColumn, "cells"> = { cells: [] };

/** The unit of rows of one value. */
export function unitOfRows(table: SourceTable, roles: Roles, unsure: string[]): Json {
  const { unit, values, device, measure } = roles;
  if (unit !== null) return { column: unit.name };
  const [value] = values;
  if (table.hasUnitsRow && value.unit !== "") return { from: "unitsRow" };
  if (value.unit !== "") return { constant: value.unit };
  const inHeader = table.hasHeader && table.kind === "csv" ? aroundUnits([value.name]) : null;
  if (inHeader !== null) return { from: "header", ...inHeader };
  const named = table.members.length > 0 ? table.members : filled(measure ?? device ?? NOBODY);
  const byDevice = unitsByDevice(named, table.members.length > 0 || measure !== null ? "*." : "", unsure);
  if (byDevice !== null) return byDevice;
  const byName = unitByName(value.label);
  if (byName !== null) {
    if (!byName.isSaid)
      unsure.push(
        `The unit ${JSON.stringify(byName.unit)} is what is usual for ${JSON.stringify(value.label)}. Look at reading.unit.`,
      );
    return { constant: byName.unit };
  }
  unsure.push(
    `The unit of ${JSON.stringify(value.name)} stands nowhere, ${JSON.stringify(UNKNOWN_UNIT)} is put for it. State reading.unit.`,
  );
  return { constant: UNKNOWN_UNIT };
}

/** Units by the last word of what names the devices or measures: `sensor.hall_temp` is one of `*_temp`. */
function unitsByDevice(named: readonly string[], front: string, unsure: string[]): Json | null {
  const found = new Map<string, string>();
  const without = new Set<string>();
  for (const cell of new Set(named)) {
    const last = /(^|[^\p{L}\p{N}])([\p{L}\p{N}]+)$/u.exec(cell.slice(-64));
    const guess = last === null ? null : unitByName(last[2]);
    if (last === null || guess === null || /[*?]/.test(last[1])) without.add(cell);
    else found.set(`${last[1] === "" ? front : `*${last[1]}`}${last[2]}`, guess.unit);
  }
  if (found.size === 0 || found.size > MOST_PATTERNS) return null;
  const patterns = [...found].map(([devices, unit]) => ({ devices, unit }));
  const others = without.size === 0 ? "" : ` ${JSON.stringify(UNKNOWN_UNIT)} is put for ${listing([...without])}.`;
  unsure.push(
    `Units by nothing but the names of devices: ${listing(patterns.map((one) => `${one.devices}: ${one.unit}`))}.${others} Look at reading.unit.`,
  );
  return { byDevice: [...patterns, { devices: "*", unit: UNKNOWN_UNIT }] };
}
