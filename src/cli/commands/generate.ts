import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { VantageflowError } from "../../errors.ts";
import { generateReadings } from "../../generator/readings.ts";
import type { FlagsOf } from "../command.ts";
import { type Io, notice, print, printJson } from "../io.ts";
import type { command } from "./generate.command.ts";

type GenerateFlags = FlagsOf<typeof command>;

export async function action(io: Io, flags: GenerateFlags): Promise<number> {
  if (flags.json && flags.out === undefined) {
    const why = "the readings go to stdout, and they are CSV. Add --out readings.csv";
    throw new VantageflowError("usage", `Cannot use --json: ${why}.`);
  }
  const readings = generateReadings({
    rows: numberOf("--rows", flags.rows),
    devices: numberOf("--devices", flags.devices),
    seed: numberOf("--seed", flags.seed),
    wide: flags.wide === true,
    anomalies: numberOf("--anomalies", flags.anomalies),
    invalid: numberOf("--invalid", flags.invalid),
  });
  if (flags.out === undefined) {
    for (const chunk of readings) await print(io, chunk);
    return 0;
  }
  try {
    await pipeline(Readable.from(readings, { objectMode: true }), createWriteStream(flags.out));
  } catch (error) {
    const why = (error as Error).message;
    throw new VantageflowError("input_invalid", `Cannot write "${flags.out}": ${why}. Check the path.`, {
      cause: error,
    });
  }
  const { out, rows, devices, seed } = flags;
  if (flags.json)
    await printJson(io, { version: 1, out, rows: Number(rows), devices: Number(devices), seed: Number(seed) });
  notice(io, flags, `Wrote ${flags.out}. Next: vantageflow ingest ${flags.out}`);
  return 0;
}

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new VantageflowError("usage", `Cannot use ${flag} "${text}": it is not a number.`);
}
