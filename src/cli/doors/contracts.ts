import { readStored } from "../../contracts/lake.ts";
import type { Contract } from "../../contracts/vocabulary.ts";
import { quote, VantageflowError } from "../../errors.ts";
import { STREAMS } from "../../streams/batch.ts";
import { MESSAGE_ROWS, POINT_ROWS } from "../../streams/form.ts";
import { checkShard } from "../../streams/record.ts";
import { namedContract } from "../named-contract.ts";
import type { DoorContext, DoorContract } from "./door.ts";

/** Streams of the doors themselves. */
const RESERVED = ["http", "mqtt"];
/** Where the row of a message has what came. */
const PAYLOAD = /^payload(?:[.[]|$)/;

/** What `--contract` names. Throws `usage` for a contract that doors cannot serve, and as {@link namedContract}. */
export async function doorContracts({
  io,
  flags,
  storage,
}: Pick<DoorContext, "io" | "flags" | "storage">): Promise<readonly DoorContract[]> {
  const found: DoorContract[] = [];
  if (flags.contract !== undefined && flags.http === undefined && flags.mqtt === undefined) {
    const why = "there is no door for messages: neither HTTP nor MQTT. Add --http 4280, or --mqtt and --topic";
    throw new VantageflowError("usage", `Cannot use --contract: ${why}.`);
  }
  for (const given of flags.contract ?? []) {
    const { contract: stored, sources } = await namedContract(io, flags, storage, given, "listen for");
    const { contract } = await readStored(stored);
    const one = doorContract(contract);
    const key = `${contract.prefix}shard/0${one.form.suffix}`;
    const by = sources.readBy(key);
    if ("nobody" in by) throw refuse(contract, `${by.nobody}`);
    if (by.contract?.name !== one.name) throw refuse(contract, `the contract "${by.contract?.name}" reads ${key}`);
    found.push(one);
  }
  return found;
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
  if (format.type === "ndjson" && format.compression !== "none") {
    throw refuse(contract, `it reads what is compressed. Leave "compression" out`);
  }
  const { timestamp } = reading;
  const columns = timestamp === undefined ? [] : "column" in timestamp ? [timestamp.column] : timestamp.columns;
  return { name, source, form, isTimed: columns.length > 0 && columns.every((column) => PAYLOAD.test(column)) };
}

function refuse({ name }: Contract, why: string): VantageflowError {
  return new VantageflowError("usage", `Cannot listen for the contract "${name}": ${why}.`);
}
