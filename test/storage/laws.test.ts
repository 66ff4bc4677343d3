import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { holdToLaws } from "./laws.ts";
import { adaptersIn, type Descriptor, descriptorOf, type Store } from "./stores.ts";

const adapters = adaptersIn();
const described = readdirSync("test/storage/stores").map((file) => file.slice(0, -".ts".length));
const held: { readonly adapter: string; readonly descriptor: Descriptor; readonly store: Store }[] = [];
for (const adapter of described) {
  const descriptor = await descriptorOf(adapter);
  for (const store of await descriptor.stores()) held.push({ adapter, descriptor, store });
}

describe("the stores, found by reading src/storage", () => {
  it("each have a descriptor in test/storage/stores, by which they are held to the laws below", () => {
    expect(adapters.length).toBeGreaterThanOrEqual(5);
    expect(described.toSorted()).toEqual(adapters.toSorted());
  });

  it("are found wherever one is put, and nothing else is taken for one", () => {
    const folder = mkdtempSync(join(tmpdir(), "vantageflow-adapters-"));
    mkdirSync(join(folder, "ftp"));
    writeFileSync(
      join(folder, "tape.ts"),
      "/** A lake on tape. */\nexport function createTapeStorage(url: string) {}\n",
    );
    writeFileSync(join(folder, "ftp/ftp.ts"), "export async function createFtpStorage() {}\n");
    writeFileSync(join(folder, "other.ts"), 'import { createTapeStorage } from "./tape.ts";\nexport const x = 1;\n');
    expect(adaptersIn(folder).toSorted()).toEqual(["ftp/ftp", "tape"]);
    rmSync(folder, { recursive: true });
  });

  it("are called so: no other function of src/storage gives a storage, but the one that chooses", () => {
    const files = readdirSync("src/storage", { recursive: true, encoding: "utf8" });
    const giving = files.filter(
      (file) =>
        file.endsWith(".ts") &&
        /\): (Promise<)?LakeStorage>? (\{|=>)/.test(readFileSync(join("src/storage", file), "utf8")),
    );
    expect(giving.map((file) => file.slice(0, -".ts".length)).toSorted()).toEqual([...adapters, "open"].toSorted());
  });

  it("are each run, those that keep objects in the tests of the whole too", () => {
    expect(new Set(held.map(({ adapter }) => adapter))).toEqual(new Set(adapters));
    const kinds = held.filter(({ descriptor }) => descriptor.isKind).map(({ store }) => store.name);
    expect(kinds).toEqual(expect.arrayContaining(["memory", "local", "S3 test server"]));
  });
});

for (const { store, descriptor } of held) holdToLaws(store, descriptor);
