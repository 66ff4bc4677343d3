import type { Json } from "../json.ts";
import type { InferredParts } from "./delimited.ts";
import { proposedMeasures } from "./measures.ts";
import type { InferredPlace } from "./place.ts";
import { cannotInfer } from "./refusal.ts";
import type { SampleText } from "./sample.ts";
import { type LinePoint, seriesTemplate } from "./series.ts";
import { filled, listing, type SourceColumn } from "./source-table.ts";

const MOST_LINES = 5000;
const MOST_FIELDS = 500;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[iu]?$/;
const WORD = /^(t|T|true|True|TRUE|f|F|false|False|FALSE)$/;

/** Whether a text is line protocol: nine lines of ten, comments aside. */
export function isLineProtocol({ text, isWhole }: SampleText): boolean {
  const lines = linesOf(text, isWhole).slice(0, 50);
  return lines.length > 0 && lines.filter((line) => pointOf(line) !== null).length >= lines.length * 0.9;
}

/** Infers which tags name a device and which fields are measures. Throws `input_invalid` where no field is a number. */
export function inferInflux(
  fileName: string,
  { text, isWhole, compression }: SampleText,
  place: InferredPlace,
  unsure: string[],
): InferredParts {
  const points = linesOf(text, isWhole).flatMap((line) => pointOf(line) ?? []);
  const values = measureColumns(points);
  if (values.length === 0) {
    const next = "Where true and false count, write the contract by hand, with format.trueValues and falseValues.";
    throw cannotInfer(fileName, "no field of its points is a number", next);
  }
  const none = {
    kind: "csv",
    columns: values,
    delimiter: "",
    hasUnitsRow: false,
    hasHeader: false,
    above: [],
    members: [],
  } as const;
  const roles = {
    values,
    rest: [],
    device: null,
    measure: null,
    isLong: false,
    unit: null,
    score: null,
    quality: null,
  };
  const { value, unit } = proposedMeasures({ ...none, device: place.device }, roles, unsure);
  const format: Record<string, Json> = {
    type: "influx",
    ...(compression === "none" ? {} : { compression }),
    ...precisionOf(points, unsure),
  };
  const template = seriesTemplate(points, place, unsure);
  tellLeftOut(points, values, template, unsure);
  const device_id = { template };
  return { format, reading: { device_id, value, ...(unit === null ? {} : { unit }) } };
}

function linesOf(text: string, isWhole: boolean): string[] {
  const lines = text.split("\n");
  if (!isWhole) lines.pop();
  return lines
    .map((line) => line.replace(/\r$/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .slice(0, MOST_LINES);
}

/** Reads up to one of these characters that is not escaped. */
function upTo(line: string, from: number, ends: string): number {
  let p = from;
  while (p < line.length && !ends.includes(line[p])) p += line[p] === "\\" ? 2 : 1;
  return Math.min(p, line.length);
}

const plain = (text: string) => text.replace(/\\([,= \\])/g, "$1");

function pointOf(line: string): LinePoint | null {
  let p = upTo(line, 0, ", ");
  const measurement = plain(line.slice(0, p));
  const tags = new Map<string, string>();
  while (line[p] === ",") {
    const equals = upTo(line, p + 1, "=, ");
    if (line[equals] !== "=") return null;
    const end = upTo(line, equals + 1, ", ");
    tags.set(plain(line.slice(p + 1, equals)), plain(line.slice(equals + 1, end)));
    p = end;
  }
  if (measurement === "" || line[p] !== " ") return null;
  const fields = new Map<string, string>();
  do {
    const equals = upTo(line, p + 1, "=, ");
    if (line[equals] !== "=" || equals === p + 1) return null;
    const isQuoted = line[equals + 1] === '"';
    const end = isQuoted ? upTo(line, equals + 2, '"') + 1 : upTo(line, equals + 1, ", ");
    const value = line.slice(equals + 1, end);
    if (!isQuoted && !NUMBER.test(value) && !WORD.test(value)) return null;
    fields.set(plain(line.slice(p + 1, equals)), value);
    p = end;
  } while (line[p] === ",");
  const time = line.slice(p).trim();
  return /^(-?\d{1,19})?$/.test(time) ? { measurement, tags, fields, time } : null;
}

function measureColumns(points: readonly LinePoint[]): SourceColumn[] {
  const names = [...new Set(points.flatMap(({ fields }) => [...fields.keys()]))].filter((name) => name !== "__proto__");
  return names
    .slice(0, MOST_FIELDS)
    .map((name): SourceColumn => {
      const cells = points.map(({ fields }) => fields.get(name) ?? "");
      return { name, label: name, called: null, unit: "", isAside: false, isText: false, cells };
    })
    .filter((column) => filled(column).some((cell) => NUMBER.test(cell)));
}

/** What is no number, and tags that are not in the id. */
function tellLeftOut(
  points: readonly LinePoint[],
  values: readonly SourceColumn[],
  template: string,
  unsure: string[],
): void {
  const taken = new Set(values.map(({ name }) => name));
  const fields = new Set(points.flatMap((point) => [...point.fields.keys()]).filter((name) => !taken.has(name)));
  const tags = new Set(
    points.flatMap((point) => [...point.tags.keys()]).filter((name) => !template.includes(`{${name}}`)),
  );
  const left = [...new Set([...fields, ...tags])];
  if (left.length === 0) return;
  const isTruth = points.some(({ fields }) => [...fields].some(([name, cell]) => !taken.has(name) && WORD.test(cell)));
  const truth = isTruth ? "; true and false count by format.trueValues and falseValues" : "";
  unsure.push(
    `Left out are ${listing(left, 10)}. Name in reading.carry what should go along, in reading.value.measures what is a measure${truth}.`,
  );
}

function precisionOf(points: readonly LinePoint[], unsure: string[]): { precision?: string } {
  const times = points.map(({ time }) => time).filter((time) => time !== "");
  if (times.length < points.length) {
    unsure.push("Some lines have no time and cannot be placed. Have the gateway write times.");
  }
  if (times.length === 0) return {};
  const digits = Math.max(...times.map((time) => time.replace("-", "").length));
  const precision = digits > 16 ? "ns" : digits > 13 ? "us" : digits > 10 ? "ms" : "s";
  return precision === "ns" ? {} : { precision };
}
