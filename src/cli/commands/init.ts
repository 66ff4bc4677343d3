import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, VantageflowError } from "../../errors.ts";
import { DEFAULT_SETTINGS } from "../../pipeline/settings.ts";
import { type GlobalFlags, type Io, notice, printJson } from "../io.ts";
import { CONFIG_FILE } from "../settings.ts";

export async function action(io: Io, flags: GlobalFlags, dir = "."): Promise<number> {
  const { anomalyThreshold, maxRowBytes } = DEFAULT_SETTINGS;
  const file = join(dir, CONFIG_FILE);
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(file, `${JSON.stringify({ lake: "./lake", anomalyThreshold, maxRowBytes }, null, 2)}\n`, {
      flag: "wx",
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      const why = `${messageOf(error)}. Choose a folder that can be written`;
      throw new VantageflowError("input_invalid", `Cannot write "${file}": ${why}.`, { cause: error });
    }
    throw new VantageflowError("exists", `Cannot write "${file}": it is there already. Edit it, or remove it first.`);
  }
  if (flags.json) await printJson(io, { version: 1, file });
  notice(io, flags, `Wrote ${file}. Next: vantageflow doctor`);
  return 0;
}
