import type { InferredPlace } from "./place.ts";
import { listing } from "./source-table.ts";
import { deviceScore } from "./words.ts";

/** A line of line protocol (InfluxDB v2, "Line protocol"): keys and values without their escapes. */
export interface LinePoint {
  readonly measurement: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly fields: ReadonlyMap<string, string>;
  readonly time: string;
}

const MEASUREMENT = "measurement";
const MOST_TAGS = 50;
const MOST_SERIES = 500;
/** Fields of a series that are looked at. */
const MOST_FIELDS = 20;
/** Parts of an id beside the device. */
const MOST_PARTS = 3;

/** The template of ids: the tag that names the device, and what else tells the series of a field apart. */
export function seriesTemplate(points: readonly LinePoint[], place: InferredPlace, unsure: string[]): string {
  const names = [...new Set(points.flatMap(({ tags }) => [...tags.keys()]))].slice(0, MOST_TAGS);
  const fields = new Set(points.flatMap(({ fields }) => [...fields.keys()]));
  const isInAll = (name: string) => points.every(({ tags }) => tags.has(name));
  // A field goes before a tag of its name, and `time` is the timestamp.
  const able = names.filter(
    (name) => isInAll(name) && !fields.has(name) && !/[{}]|^(measure|file|time)$|^folder:/.test(name),
  );
  const device = deviceTag(points, able);
  const others = names.filter((name) => name !== device && distinct(points, name) > 1 && !isOfEach(points, name));
  const isNameFree = !names.includes(MEASUREMENT) && !fields.has(MEASUREMENT);
  const free = [...others.filter((name) => able.includes(name)), ...(isNameFree ? [MEASUREMENT] : [])];
  const start = device === null ? [] : [device];
  const series = onePerSeries(points);
  const parts = partsOf(series, start, free);
  const added = parts.filter((part) => part !== device);
  // What stands in front is the wider thing: tags, then the measurement.
  const ordered = [
    ...start,
    ...added.filter((part) => part !== MEASUREMENT),
    ...added.filter((part) => part === MEASUREMENT),
  ];
  const front = device === null ? [place.device.template] : [];
  const template = [...front, ...ordered.map((part) => `{${part}}`), "{measure}"].join(".");
  if (device === null) unsure.push(`No tag names the device: ${place.device.because}. State reading.device_id.`);
  else
    tellDevice(
      device,
      others.filter((name) => !added.includes(name)),
      unsure,
    );
  if (added.length > 0) {
    unsure.push(
      `Fields of one name are of several series without ${listing(added)}: ${JSON.stringify(template)} is put for the id. Look at reading.device_id.`,
    );
  }
  tellMixed(series, parts, others, unsure);
  return template;
}

/** The tag by whose name or values points are told apart best. */
function deviceTag(points: readonly LinePoint[], able: readonly string[]): string | null {
  const ranks = new Map(able.map((name) => [name, deviceScore(name, true) * 1000 + distinct(points, name)]));
  const named = able.filter((name) => deviceScore(name, true) > 0 || !isOfEach(points, name));
  return (named.length > 0 ? named : able).toSorted((a, b) => (ranks.get(b) ?? 0) - (ranks.get(a) ?? 0))[0] ?? null;
}

function tellDevice(device: string, others: readonly string[], unsure: string[]): void {
  if (deviceScore(device, true) > 0 && others.length === 0) return;
  const beside = others.length === 0 ? "" : `, not ${listing(others)}`;
  unsure.push(`The tag ${JSON.stringify(device)} is taken for the device${beside}. Look at reading.device_id.`);
}

/** Adds what keeps the most series of a field apart, as long as there is such. */
function partsOf(series: readonly LinePoint[], start: readonly string[], free: readonly string[]): readonly string[] {
  let [parts, mixed] = [start, mixedIn(series, start).count];
  while (mixed > 0 && parts.length < start.length + MOST_PARTS) {
    const tried = free
      .filter((part) => !parts.includes(part))
      .map((part) => ({ part, left: mixedIn(series, [...parts, part]).count }))
      .toSorted((a, b) => a.left - b.left);
    if (tried.length === 0 || tried[0].left >= mixed) break;
    [parts, mixed] = [[...parts, tried[0].part], tried[0].left];
  }
  return parts;
}

/** Series of one field that these parts give one id: how many more there are than ids, and two of them. */
function mixedIn(
  series: readonly LinePoint[],
  parts: readonly string[],
): { count: number; pair: readonly LinePoint[] } {
  const found = new Map<string, LinePoint>();
  let [count, pair] = [0, [] as readonly LinePoint[]];
  for (const point of series) {
    const id = parts.map((part) => partValue(point, part));
    for (const field of point.fields.keys()) {
      const key = JSON.stringify([...id, field]);
      const first = found.get(key);
      if (first === undefined) found.set(key, point);
      else {
        count++;
        if (pair.length === 0) pair = [first, point];
      }
    }
  }
  return { count, pair };
}

/** A point of each series, with every field that one of its points has. */
function onePerSeries(points: readonly LinePoint[]): LinePoint[] {
  const found = new Map<string, LinePoint & { readonly fields: Map<string, string> }>();
  for (const point of points) {
    const tags = [...point.tags].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify([point.measurement, tags]);
    const known = found.get(key);
    if (known === undefined && found.size >= MOST_SERIES) continue;
    const series = known ?? { ...point, fields: new Map() };
    found.set(key, series);
    for (const [name, cell] of point.fields) if (series.fields.size < MOST_FIELDS) series.fields.set(name, cell);
  }
  return [...found.values()];
}

function partValue({ measurement, tags }: LinePoint, part: string): string {
  return tags.get(part) ?? (part === MEASUREMENT ? measurement : "");
}

/** Says what would tell apart those that are still of one id, and why it is not put there. */
function tellMixed(
  series: readonly LinePoint[],
  parts: readonly string[],
  others: readonly string[],
  unsure: string[],
): void {
  const [one, other] = mixedIn(series, parts).pair;
  if (one === undefined) return;
  const apart = others.filter((name) => !parts.includes(name) && one.tags.get(name) !== other.tags.get(name));
  const [tag] = apart;
  if (tag !== undefined) {
    unsure.push(
      `The tag ${listing([tag])} tells apart series that have one id here, and not all points have such a tag: write {${tag}} into reading.device_id, and points without it are rejected; or bring them in files of their own.`,
    );
  } else if (one.measurement !== other.measurement) {
    unsure.push(
      `The measurements ${listing([one.measurement, other.measurement])} have fields of one name, and these the same ids. Bring them in files of their own.`,
    );
  }
}

function distinct(points: readonly LinePoint[], name: string): number {
  return new Set(points.map(({ tags }) => tags.get(name))).size;
}

/** A tag that hardly comes again says nothing of a series: the number of a message. */
function isOfEach(points: readonly LinePoint[], name: string): boolean {
  return points.length >= 10 && distinct(points, name) > points.length / 2;
}
