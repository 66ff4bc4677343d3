import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { CLI, folder } from "../cli/run-cli.ts";

/** What V8 may have for objects; buffers come on top of it. */
const HEAP_MB = 96;

/** A batch as `ingest --json` tells it. */
interface Told {
  readonly outcome: string;
  readonly rows_in: number;
  readonly silver: number;
  readonly anomalies: number;
  readonly rejects: number;
  readonly blank: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface Ingested {
  readonly batch: Told;
  readonly code: number | null;
  /** Resident memory at most, in megabytes; 0 without /proc. */
  readonly peakMb: number;
  /** Whether bronze has the bytes that were given, all of them. */
  readonly isWhole: boolean;
  readonly keys: readonly string[];
  /** A file of the lake, where it is there. */
  text(key: string): string;
}

/**
 * What the built binary makes of a source, by a contract, in a heap of {@link HEAP_MB}: through a pipe, or of a file, whose rows
 * are made by a thread of their own where it is large. The lake is removed, for what is in it may be large.
 */
export async function ingested(
  contract: string,
  source: Iterable<string | Uint8Array>,
  isFile = false,
): Promise<Ingested> {
  const cwd = folder({ "proof.json": contract });
  const name = `source${JSON.parse(contract).suffixes[0]}`;
  const given = createHash("sha256");
  const hashed = function* () {
    for (const chunk of source) {
      given.update(chunk);
      yield chunk;
    }
  };
  if (isFile) await pipeline(hashed, fs.createWriteStream(join(cwd, name)));
  const what = isFile ? [name] : ["-", "--name", name];
  const args = [`--max-old-space-size=${HEAP_MB}`, CLI, "ingest", "--contract", "proof.json", ...what];
  const child = spawn(process.execPath, [...args, "--json"], { cwd, stdio: ["pipe", "pipe", "pipe"] });
  let [stdout, stderr, peakMb] = ["", "", 0];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const poll = setInterval(() => {
    peakMb = Math.max(peakMb, peakOf(child.pid));
  }, 20);
  const closed = once(child, "close");
  // Where it dies, its exit code and what it said are more to the point than a broken pipe.
  await pipeline(isFile ? [] : hashed, child.stdin).catch(() => {});
  const [code] = await closed;
  clearInterval(poll);
  const lake = join(cwd, "lake");
  try {
    const { batches } = JSON.parse(stdout);
    const landed = createHash("sha256");
    await pipeline(fs.createReadStream(join(lake, "bronze", name)), landed);
    const keys = filesIn(lake);
    const small = keys.filter((key) => fs.statSync(join(lake, key)).size < 2 ** 20);
    const texts = new Map(small.map((key) => [key, fs.readFileSync(join(lake, key), "utf8")]));
    const text = (key: string) => texts.get(key) ?? "";
    return { batch: batches[0], code, peakMb, isWhole: landed.digest("hex") === given.digest("hex"), keys, text };
  } catch (error) {
    throw new Error(`exit ${code}: ${stdout.slice(0, 500)}\n${stderr.slice(0, 2000)}`, { cause: error });
  } finally {
    fs.rmSync(cwd, { recursive: true, force: true });
  }
}

/** The kernel's high-water mark. */
function peakOf(pid: number | undefined): number {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, "latin1"));
    return kibibytes === null ? 0 : Number(kibibytes[1]) / 1024;
  } catch {
    return 0;
  }
}

function filesIn(lake: string): string[] {
  return fs
    .readdirSync(lake, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(".vantageflow"))
    .map((entry) => join(entry.parentPath, entry.name).slice(lake.length + 1));
}
