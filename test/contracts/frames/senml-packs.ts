import { SENML_VALUE, SenmlFrame } from "../../../src/contracts/frames/senml.ts";
import { type OpenFrame, seen } from "./laws.ts";

/** 2026-03-01T12:00:00.250Z. */
export const ARRIVAL = Date.UTC(2026, 2, 1, 12, 0, 0, 250);
export const opened =
  (maxRecordBytes = 1000): OpenFrame =>
  (pull) =>
    new SenmlFrame("bronze/b", pull, { arrival: () => ARRIVAL, maxRecordBytes });

/** Name, time, value and unit of each record, or its reason; at the end what the file is refused with. */
export async function told(text: string): Promise<unknown[]> {
  const { records, error } = await seen(opened(), text);
  const all: unknown[] = records.map(({ cells, reason }) => (reason === "" ? cells : reason));
  return error === null ? all : [...all, error];
}

/** Values of records whose name and time do not matter. */
export async function values(text: string): Promise<unknown[]> {
  return (await told(text)).map((cells) => (Array.isArray(cells) ? cells[SENML_VALUE] : cells));
}

/** The arrival as a timestamp. */
export const AT = "2026-03-01T12:00:00.250Z";
