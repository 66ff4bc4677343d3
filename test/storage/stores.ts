import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LakeStorage } from "../../src/storage/port.ts";

/** A store to test against. */
export interface Store {
  readonly name: string;
  /** A new empty lake. */
  readonly make: () => LakeStorage;
}

/** How an adapter is tested: `stores/<name>.ts` exports it as `descriptor` for `src/storage/<name>.ts`. */
export interface Descriptor {
  /** False for one that stands before another: what is tested on every kind of store is not tested on it once more. */
  readonly isKind: boolean;
  /** Whether each write has a token of its own, even over the same content. */
  readonly tellsWrites: boolean;
  stores(): readonly Store[] | Promise<readonly Store[]>;
}

/** The adapters that stand in a folder, by the names of their files: what makes a storage, and is called so. */
export function adaptersIn(folder = "src/storage"): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const makes = /^export (?:async )?(?:function|const) create\w*Storage\b/m;
  return files.filter((file) => makes.test(readFileSync(join(folder, file), "utf8"))).map((file) => file.slice(0, -3));
}

export async function descriptorOf(adapter: string): Promise<Descriptor> {
  const { descriptor } = (await import(`./stores/${adapter}.ts`)) as { readonly descriptor: Descriptor };
  return descriptor;
}

/** Every kind of store there is to test against: memory, a directory, and each S3 server that was started. */
export async function stores(): Promise<Store[]> {
  const kinds = (await Promise.all(adaptersIn().map(descriptorOf))).filter(({ isKind }) => isKind);
  return (await Promise.all(kinds.map((kind) => kind.stores()))).flat();
}
