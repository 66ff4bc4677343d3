import { fits } from "./glob.ts";
import { measureName, recordsAreMeasures } from "./measures.ts";
import type { Keep, MeasurePlan, PlanPart, ReadingPlan, UnitPart } from "./plan.ts";
import { parseTemplate } from "./template.ts";
import type { Contract, Reading } from "./vocabulary.ts";

/** What a contract's columns are in one source. */
export interface SourceColumns {
  /** The column of a name; whoever looks for it remembers those that are not there, and any number stands for them. */
  find(name: string): number;
  /** Names of all columns, for measures by a pattern; null where each record has its own. */
  readonly names: readonly string[] | null;
  /** Of a column, what the line of units says. */
  unitOf(column: number): string;
  /** What `{file}`, `{folder:NAME}` and named cells are; null for the name of a column. Remembers what is not there. */
  named(name: string): string | null;
  /** The column that has the name of a record's measure, where records stand in members. */
  readonly member: number | null;
  /** Takes the name of a column of which the header's text does not say the unit. */
  withoutUnit(name: string): void;
}

/** What a contract may say of a measure. */
interface MeasureWords {
  readonly as?: string | undefined;
  readonly unit?: string | undefined;
  readonly keep?: Reading["keep"];
}

type Csv = Extract<Contract["format"], { type: "csv" }>;

/** What becomes of the columns of a source, by a contract that has a value and a device. */
export function planReading({ format, reading }: Contract, columns: SourceColumns): ReadingPlan {
  const planner = new Planner(format, reading, columns);
  return planner.plan();
}

class Planner {
  readonly #format: Contract["format"];
  readonly #reading: Reading;
  readonly #columns: SourceColumns;
  /** Units by their text: many measures have the same one. */
  readonly #units = new Map<string, Uint8Array>();

  constructor(format: Contract["format"], reading: Reading, columns: SourceColumns) {
    this.#format = format;
    this.#reading = reading;
    this.#columns = columns;
  }

  plan(): ReadingPlan {
    const { timestamp, device_id, anomaly_score: score, keep, carry } = this.#reading;
    const { find } = this.#columns;
    const own = timestamp === undefined ? [find("time")] : null;
    const named = timestamp === undefined ? [] : "columns" in timestamp ? timestamp.columns : [timestamp.column];
    const replace = device_id !== undefined && "replace" in device_id ? device_id.replace : {};
    return {
      timestamp: own ?? named.map((name) => find(name)),
      // Measures of one record have one clock.
      device: this.#id(""),
      measures: this.#measures(),
      measureOf: (name, column) => (this.#isMeasure(name) ? this.#measure(name, column, {}) : null),
      replace: Object.keys(replace).length === 0 ? null : replacer(replace),
      score: "column" in score ? find(score.column) : Buffer.from(String(score.constant)),
      carry: carry.map((name) => ({ name: Buffer.from(name), column: find(name) })),
      keep: this.#keep(keep),
      missing: new Set("missingValues" in this.#format ? this.#format.missingValues : []),
      truth: truthOf(this.#format),
      numbers: numbersOf(this.#format),
    };
  }

  #measures(): MeasurePlan[] {
    const { value } = this.#reading;
    const { names, find } = this.#columns;
    if (value === undefined) return [];
    if ("column" in value) return [this.#single(find(value.column))];
    if ("measures" in value) {
      return Object.entries(value.measures).map(([name, one]) => this.#measure(name, find(name), one));
    }
    // Of a measure that is told later, the columns of its id and unit are known now.
    if (names === null) this.#measure("", 0, {});
    return (names ?? []).flatMap((name, column) => (this.#isMeasure(name) ? [this.#measure(name, column, {})] : []));
  }

  /** Whether a column is one of the measures that a pattern names. */
  #isMeasure(name: string): boolean {
    const { value } = this.#reading;
    if (value === undefined || !("pattern" in value) || name === "") return false;
    if (!fits(value.pattern, name) || value.except.some((one) => fits(one, name))) return false;
    return !this.#isNamed(name);
  }

  #isNamed(name: string): boolean {
    const { timestamp, device_id, unit, anomaly_score, keep, carry } = this.#reading;
    const parts = [timestamp, device_id, unit, anomaly_score, keep];
    if (parts.some((part) => part !== undefined && "column" in part && part.column === name)) return true;
    if (timestamp !== undefined && "columns" in timestamp && timestamp.columns.includes(name)) return true;
    const template = device_id !== undefined && "template" in device_id ? parseTemplate(device_id.template) : null;
    const isPlaced = template?.some((part) => typeof part !== "string" && part.name === name) ?? false;
    return isPlaced || carry.includes(name);
  }

  /** Of a contract that names no measures; where each record stands in the list of one, its name is the measure's. */
  #single(column: number): MeasurePlan {
    const { member } = this.#columns;
    const isMember = "records" in this.#format && recordsAreMeasures(this.#format.records);
    const name = isMember && member !== null ? member : "";
    return {
      name,
      column,
      id: this.#id(name),
      unit: this.#unit("", column),
      keep: null,
    };
  }

  #measure(name: string, column: number, one: MeasureWords): MeasurePlan {
    const called = one.as ?? measureName(name, this.#format, this.#reading.unit);
    return {
      name: called,
      column,
      id: this.#id(called),
      unit: one.unit === undefined ? this.#unit(name, column) : this.#unitText(one.unit),
      keep: this.#keep(one.keep),
    };
  }

  /** The parts of the device's id, texts that stand side by side in one. */
  #id(measure: string | number): PlanPart[] {
    const { device_id: device } = this.#reading;
    if (device === undefined) return [this.#columns.find("name")];
    if ("constant" in device) return [Buffer.from(device.constant)];
    if ("column" in device) return [this.#columns.find(device.column)];
    const parts: PlanPart[] = [];
    let text = "";
    for (const part of parseTemplate(device.template) ?? []) {
      const found = typeof part === "string" ? part : this.#placed(part.name, measure);
      if (typeof found === "string") text += found;
      else {
        if (text !== "") parts.push(Buffer.from(text));
        parts.push(found);
        text = "";
      }
    }
    return text === "" ? parts : [...parts, Buffer.from(text)];
  }

  #placed(name: string, measure: string | number): string | number {
    if (name === "measure") return measure;
    return this.#columns.named(name) ?? this.#columns.find(name);
  }

  #unit(name: string, column: number): UnitPart {
    const { unit } = this.#reading;
    if (unit === undefined) return Buffer.alloc(0);
    if ("column" in unit) return this.#columns.find(unit.column);
    if ("constant" in unit) return this.#unitText(unit.constant);
    if ("byDevice" in unit) {
      const units = unit.byDevice.map(({ devices, unit: one }) => ({ devices, bytes: Buffer.from(one) }));
      return { unitOf: (device) => units.find(({ devices }) => fits(devices, device))?.bytes ?? null };
    }
    if (unit.from === "unitsRow") return this.#unitText(this.#columns.unitOf(column));
    return this.#unitText(this.#unitInHeader(this.#columns.names?.[column] ?? name, unit.after ?? "", unit.before));
  }

  #unitText(text: string): Uint8Array {
    const unit = this.#units.get(text) ?? Buffer.from(text);
    this.#units.set(text, unit);
    return unit;
  }

  #unitInHeader(name: string, after: string, before: string | undefined): string {
    const from = name.indexOf(after);
    const start = from + after.length;
    const end = before === undefined ? name.length : name.indexOf(before, start);
    if (from >= 0 && end >= 0) return name.slice(start, end);
    this.#columns.withoutUnit(name);
    return "";
  }

  #keep(keep: Reading["keep"]): Keep | null {
    return keep === undefined ? null : { column: this.#columns.find(keep.column), texts: new Set(keep.in) };
  }
}

/** What is put for texts: at each place the longest that fits, and what was put is not looked at again. */
function replacer(replace: Readonly<Record<string, string>>): (id: string) => string {
  const texts = Object.keys(replace).sort((a, b) => b.length - a.length);
  return (id) => {
    let made = "";
    for (let p = 0; p < id.length; ) {
      const found = texts.find((text) => id.startsWith(text, p));
      made += found === undefined ? id[p] : replace[found];
      p += found?.length ?? 1;
    }
    return made;
  };
}

function truthOf({ trueValues, falseValues }: Contract["format"]): ReadonlyMap<string, Uint8Array> {
  const [one, zero] = [Buffer.from("1"), Buffer.from("0")];
  return new Map([
    ...trueValues.map((text): [string, Uint8Array] => [text, one]),
    ...falseValues.map((text): [string, Uint8Array] => [text, zero]),
  ]);
}

function numbersOf(format: Contract["format"]) {
  const { decimalChar, groupChar } = format.type === "csv" ? (format as Csv) : { decimalChar: ".", groupChar: "" };
  return { decimalChar: decimalChar.charCodeAt(0), groupChar: Buffer.from(groupChar) };
}
