import { readStored } from "../../contracts/lake.ts";
import { parsePath } from "../../contracts/path.ts";
import { parseTemplate, placeholdersOf } from "../../contracts/template.ts";
import type { Contract } from "../../contracts/vocabulary.ts";
import { quote, VantageflowError } from "../../errors.ts";
import { STREAMS } from "../../streams/batch.ts";
import { MESSAGE_COLUMNS } from "../../streams/doors/message.ts";
import { MESSAGE_ROWS, POINT_ROWS } from "../../streams/form.ts";
import { checkShard } from "../../streams/record.ts";
import { readContracts } from "../contract-files.ts";
import { isContractFile, namedContract } from "../named-contract.ts";
import type { DoorContext, DoorContract } from "./door.ts";

type Context = Pick<DoorContext, "io" | "flags" | "storage">;

/** What stands in the lake where streams do, and is none of a contract. */
const RESERVED = ["http", "mqtt", "doors"];
const SPARKPLUG = "spBv1.0/";
/** Where the row of a message has what came. */
const PAYLOAD = "payload";

/**
 * What `--contract` names. Throws `usage` for contracts that doors cannot serve, before a file of one is put in force: then it could not be
 * mended any more; and as {@link namedContract}.
 */
export async function doorContracts(context: Context): Promise<readonly DoorContract[]> {
  const { io, flags, storage } = context;
  const all = flags.contract ?? [];
  const named = (given: string) => namedContract(io, flags, storage, given, "listen for");
  const found: DoorContract[] = [];
  for (const given of all) {
    const isFile = isContractFile(given);
    const { contract } = isFile ? (await readContracts([given]))[0] : await readStored((await named(given)).contract);
    found.push(doorContract(contract));
  }
  if (found.length > 0) checkTogether(context, found);
  for (const [i, given] of all.entries()) {
    const { sources } = await named(given);
    const { name, source, form } = found[i];
    const key = `${STREAMS}${source}/shard/0${form.suffix}`;
    const by = sources.readBy(key);
    if ("nobody" in by) throw refuse(found[i], by.nobody);
    if (by.contract?.name !== name) throw refuse(found[i], `the contract "${by.contract?.name}" reads ${key}`);
  }
  return found;
}

/** Throws `usage` where no door is for one of them, or it could not be told for which of them what comes is. */
function checkTogether({ flags }: Context, found: readonly DoorContract[]): void {
  const refused = (why: string) => new VantageflowError("usage", `Cannot use --contract: ${why}.`);
  const [first] = found;
  const points = found.filter(({ form }) => form === POINT_ROWS);
  if (flags.http === undefined && flags.mqtt === undefined) {
    throw refused("there is no door for messages: neither HTTP nor MQTT. Add --http 4280, or --mqtt and --topic");
  }
  if (points.length > 1) throw refused("two are for what is written as to InfluxDB. Name one");
  const twice = found.find(({ source }, i) => found.some((other, j) => j < i && other.source === source));
  if (twice !== undefined) {
    throw refused(`two have the stream "${twice.source}". Name one, or give the other a folder of its own`);
  }
  if (flags.mqtt === undefined) return;
  if (found.length - points.length > 1) {
    throw refused(
      "several are for messages of MQTT, and one reads each. Start vantageflow listen for each of them, with a --client-id of its own",
    );
  }
  if (points.length === found.length && flags.http === undefined) {
    throw refused(`"${first.name}" reads what is written as to InfluxDB, for which there is no door. Add --http 4280`);
  }
  if (points.length < found.length && flags.topic?.some((topic) => topic.startsWith(SPARKPLUG)) === true) {
    throw refused("Sparkplug B says itself what is what. Start vantageflow listen without it for these topics");
  }
}

function doorContract(contract: Contract): DoorContract {
  const { name, prefix, suffixes, format, reading } = contract;
  const form = format.type === "ndjson" ? MESSAGE_ROWS : format.type === "influx" ? POINT_ROWS : null;
  if (form === null) {
    const how = `Messages come in as they are, one a line: set "type" to "ndjson", or to "influx" for what is written as to InfluxDB`;
    throw refuse(contract, `its format is ${quote(format.type)}. ${how}`);
  }
  const source = prefix.slice(STREAMS.length, -1);
  const isPlaced = prefix === `${STREAMS}${source}/` && source !== "" && !source.includes("/");
  if (!isPlaced || RESERVED.includes(source) || !suffixes.some((suffix) => form.suffix.endsWith(suffix))) {
    const how = `Set "prefix" to ${quote(`${STREAMS}${name}/`)} and "suffixes" to [${quote(form.suffix)}]`;
    throw refuse(contract, `it reads ${prefix}*${suffixes[0]}, and what comes in live stands elsewhere. ${how}`);
  }
  checkShard({ source, shard: source });
  if (format.type === "influx" && format.precision !== "ns") {
    throw refuse(
      contract,
      `its precision is ${quote(format.precision)}, and points come in with nanoseconds. Set it to "ns"`,
    );
  }
  if (format.compression !== "none") throw refuse(contract, `it reads what is compressed. Leave "compression" out`);
  if ("encoding" in format && !/^utf-?8$/i.test(format.encoding)) {
    throw refuse(contract, `its encoding is ${quote(format.encoding)}, and messages are UTF-8. Leave "encoding" out`);
  }
  const unknown = format.type === "ndjson" && format.records === undefined ? unknownColumn(contract) : undefined;
  if (unknown !== undefined) {
    const how = `A message has ${MESSAGE_COLUMNS.slice(0, -1).join(", ")}; what came stands in payload: write "payload.${unknown}"`;
    throw refuse(contract, `it reads the column ${quote(unknown)}, which no message has. ${how}`);
  }
  const { timestamp } = reading;
  const columns = timestamp === undefined ? [] : "column" in timestamp ? [timestamp.column] : timestamp.columns;
  return { name, source, form, isTimed: timeIn(columns, "records" in format && format.records !== undefined) };
}

/** A column of a contract that the envelope of no message has. */
function unknownColumn({ reading }: Contract): string | undefined {
  const { timestamp, device_id: device, value, unit, carry, keep, anomaly_score: score } = reading;
  const template = device !== undefined && "template" in device ? (parseTemplate(device.template) ?? []) : [];
  const columns = [
    ...[timestamp, device, value, unit, score, keep].flatMap((part) =>
      part !== undefined && "column" in part ? [part.column] : [],
    ),
    ...(timestamp !== undefined && "columns" in timestamp ? timestamp.columns : []),
    ...(value !== undefined && "measures" in value ? Object.keys(value.measures) : []),
    ...placeholdersOf(template).filter((name) => !/^(measure|file|folder:.*)$/.test(name)),
    ...carry,
  ];
  return columns.find((column) => !MESSAGE_COLUMNS.includes(String(parsePath(column)?.steps[0])));
}

/** Says of documents whether they have the timestamp that these columns are. A place in records below them is not looked for. */
function timeIn(columns: readonly string[], hasRecords: boolean): (document: unknown) => boolean {
  const paths = columns.map((column) => parsePath(column));
  const isBelow = paths.every((path) => path?.steps[0] === PAYLOAD && (path.fromRoot || !hasRecords));
  if (columns.length === 0 || !isBelow) return () => false;
  return (document) => paths.every((path) => isValue(path?.steps.slice(1).reduce(memberOf, document)));
}

function memberOf(value: unknown, step: string | number | null): unknown {
  if (typeof value !== "object" || value === null || step === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string | number, unknown>)[step];
}

function isValue(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number";
}

function refuse({ name }: Pick<Contract, "name">, why: string): VantageflowError {
  return new VantageflowError("usage", `Cannot listen for the contract "${name}": ${why}.`);
}
