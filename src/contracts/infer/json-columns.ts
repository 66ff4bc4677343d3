import type { Json } from "../json.ts";
import type { SourceColumn } from "./source-table.ts";
import { isUnitName, isValueName } from "./words.ts";

type Step = string | number;

/** A number, text or truth in a record, and where. */
interface Leaf {
  readonly steps: readonly Step[];
  readonly value: string | number | boolean;
}

const MOST_LEAVES = 500;
const MOST_STEPS = 12;
/** Longer lists are series, not places of their own. */
const LONGEST_LIST = 8;

/** A path as contracts write it; null for names that no path can have. */
export function pathTo(steps: readonly Step[]): string | null {
  let path = "";
  for (const step of steps) {
    if (typeof step === "number") path += `[${step}]`;
    else if (step !== "$" && /^[^.[\]"*\u0000-\u001f]+$/.test(step)) path += path === "" ? step : `.${step}`;
    else if (/[\u0000-\u001f]/.test(step)) return null;
    else path += `["${step.replace(/["\\]/g, "\\$&")}"]`;
  }
  return path === "" ? null : path;
}

/** All places in records that have a value, as columns; what `inside` of them names payloads goes before the rest. */
export function columnsOfRecords(records: readonly Json[]): SourceColumn[] {
  const found = new Map<string, { steps: readonly Step[]; cells: string[]; isText: boolean; isTruth: boolean }>();
  for (const [row, record] of records.entries()) {
    for (const { steps, value } of leavesOf(record)) {
      const path = pathTo(steps);
      if (path === null || (!found.has(path) && found.size >= MOST_LEAVES)) continue;
      const column = found.get(path) ?? { steps, cells: [], isText: true, isTruth: false };
      found.set(path, column);
      while (column.cells.length < row) column.cells.push("");
      column.cells.push(String(value).trim());
      if (typeof value === "number") column.isText = false;
      if (typeof value === "boolean") column.isTruth = true;
    }
  }
  const all = [...found].map(([name, { steps, cells, isText, isTruth }]) => {
    while (cells.length < records.length) cells.push("");
    return { name, steps, cells, isText, isTruth };
  });
  const aside = asideOf(all.filter(({ isText }) => !isText).map(({ steps }) => steps));
  const unitOf = unitsBeside(all);
  return all
    .filter(({ name }) => ![...unitOf.values()].some(({ from }) => from === name))
    .map(({ name, steps, cells, isText, isTruth }) => {
      const label = labelOf(steps);
      const parent = steps.slice(0, -1).findLast((step) => typeof step === "string");
      return {
        ...{ name, label, cells, isText, unit: unitOf.get(name)?.unit ?? "" },
        called: isValueName(label) && typeof parent === "string" ? parent : null,
        isAside: isTruth || (!isText && aside(steps)),
      };
    });
}

function labelOf(steps: readonly Step[]): string {
  return String(steps.findLast((step) => typeof step === "string") ?? steps.at(-1));
}

function leavesOf(record: Json): Leaf[] {
  const leaves: Leaf[] = [];
  const walk = (value: Json, steps: readonly Step[]) => {
    if (value === null || leaves.length >= MOST_LEAVES || steps.length > MOST_STEPS) return;
    if (Array.isArray(value)) {
      if (value.length <= LONGEST_LIST) for (const [i, one] of value.entries()) walk(one, [...steps, i]);
    } else if (typeof value === "object") {
      for (const [name, one] of Object.entries(value)) walk(one, [...steps, name]);
    } else leaves.push({ steps, value });
  };
  walk(record, []);
  return leaves;
}

/** What gateways call the part of a message that was measured; the surest first. */
const PAYLOADS = [
  ...["decoded_payload", "decodedpayload", "payload_fields", "object", "readings", "measurements"],
  ...["telemetry", "sensors", "metrics", "values", "fields", "payload", "data"],
];
const RADIO =
  /^(f_?port|f_?cnt|rssi|lora_?snr|snr|channel|frequency|spreading_?factor|bandwidth|rf_chain|dr|adr|confirmed|qos|retain)$/i;

/** Which numbers are none of the payload, or of the radio where there is no payload. */
function asideOf(numbers: readonly (readonly Step[])[]): (steps: readonly Step[]) => boolean {
  const isIn = (name: string, steps: readonly Step[]) =>
    steps.slice(0, -1).some((step) => typeof step === "string" && step.toLowerCase() === name);
  const payload = PAYLOADS.find((name) => numbers.some((steps) => isIn(name, steps)));
  if (payload !== undefined) return (steps) => !isIn(payload, steps);
  return (steps) => RADIO.test(labelOf(steps));
}

/** Of numbers that have a text called unit beside them, in objects of their own: that text, where it is always the same. */
function unitsBeside(
  all: readonly {
    readonly name: string;
    readonly steps: readonly Step[];
    readonly cells: readonly string[];
    readonly isText: boolean;
  }[],
): Map<string, { readonly unit: string; readonly from: string }> {
  const found = new Map<string, { unit: string; from: string }>();
  const parentOf = (steps: readonly Step[]) => JSON.stringify(steps.slice(0, -1));
  const units = all.filter(({ steps }) => steps.length > 1 && isUnitName(labelOf(steps)));
  for (const { name: from, steps, cells } of units) {
    const texts = new Set(cells.filter((cell) => cell !== ""));
    const beside = all.filter((one) => one.name !== from && !one.isText && parentOf(one.steps) === parentOf(steps));
    if (texts.size === 1 && beside.length === 1) found.set(beside[0].name, { unit: [...texts][0], from });
  }
  return found;
}
