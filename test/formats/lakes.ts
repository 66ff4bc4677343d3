import { type BigIntStats, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { letterIdOf } from "../../src/ledger/letters.ts";
import { identityOf, tokenOf } from "../../src/storage/local/files.ts";

/** Those that the releases had. */
export const FUNCTIONS = ["vantageflow-process-iot", "vantageflow-silver-to-gold"] as const;

/** A file of a lake that a release made. */
export interface KeptFile {
  readonly path: string;
  readonly text: string;
  /** As that release saw it. */
  readonly stat: BigIntStats;
}

export interface KeptLake {
  readonly version: string;
  readonly files: readonly KeptFile[];
}

/** Every lake that a release made, see `make-lake.mjs`. */
export function keptLakes(): KeptLake[] {
  const folder = join(import.meta.dirname, "lakes");
  return readdirSync(folder).map((name) => {
    const [head, ...lines] = readFileSync(join(folder, name), "utf8").trimEnd().split("\n");
    const files = lines.map((line) => {
      const { path, text, stat } = JSON.parse(line);
      const [ino, mtimeNs, ctimeNs] = stat.map(BigInt);
      return { path, text, stat: { ino, mtimeNs, ctimeNs, size: BigInt(Buffer.byteLength(text)) } as BigIntStats };
    });
    return { version: JSON.parse(head).version, files };
  });
}

/** The lake as `cp -r` would leave it: all tokens are others, and no side file belongs to an object any more. */
export function copyTo(root: string, files: readonly Pick<KeptFile, "path" | "text">[]): void {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/**
 * The lake as whoever only installs another vantageflow has it. No file system takes an inode or a ctime, so the names that
 * the release made of them are replaced by those that it would have made here; that they are made alike is tested apart.
 */
export function keepIn(root: string, files: readonly KeptFile[]): void {
  const standing = files.filter(({ path }) => /^(bronze|silver|anomalies|gold|\.vantageflow\/versions)\//.test(path));
  copyTo(root, standing);
  const names = standing.flatMap(({ path, stat }) => {
    const now = lstatSync(join(root, path), { bigint: true });
    const [before, token] = [tokenOf(stat), tokenOf(now)];
    const letters = FUNCTIONS.map((fn) => [before, token].map((one) => letterIdOf(fn, { key: path, token: one })));
    return [[before, token], [identityOf(stat), identityOf(now)], ...letters];
  });
  const here = (text: string) => names.reduce((said, [before, now]) => said.replaceAll(before, now), text);
  const others = files.filter((file) => !standing.includes(file));
  copyTo(
    root,
    others.map(({ path, text }) => ({ path: here(path), text: here(text) })),
  );
}
