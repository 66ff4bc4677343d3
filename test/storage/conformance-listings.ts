import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LakeStorage, ListOptions } from "../../src/storage/port.ts";
import { put } from "../pipeline/lake.ts";

/** Of a store that is a server, each costs a request. */
const RUNS = 120;

/**
 * Keys whose order is easily mistaken: a folder sorts by its slash, beyond the Basic Multilingual Plane UTF-16 and UTF-8
 * differ (`\uffee` is EF BF AE, an emoji F0 9F 98 80), and one may begin with all of another.
 */
const ODD_KEYS = [
  ...["!", "-a/b", "a", "a b", "a!", "a+b", "a-", "a-b/c", "a.csv", "a0", "aa", "aa/b", "aa/b.csv", "ab/", "A/b"],
  ...["b/a", "b/a-b", "b/a/c", "b/a0/c", "b/aa", "b/%2F", "b/%20", "b/&<>'\"", "b/~"],
  ...[
    "d/\u007e",
    "d/\u00e9",
    "d/\ud7ff",
    "d/\ue000",
    "d/\uffee",
    "d/\uffee/x",
    "d/\ufffd",
    "d/\u{10000}",
    "d/\u{1f600}",
  ],
  ...[
    "d/\u{1f600}\uffee",
    "d/\u{1f600}/x",
    "d/\u{10ffff}",
    "e\u0301/x",
    "\u00e9/x",
    "\uffee",
    "\u{1f600}",
    "\u{1f600}/x",
  ],
];

const inOrder = (keys: Iterable<string>) => [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
const isAfter = (key: string, after: string) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;

/** No directory can hold both `a` and `a/b`: of two such keys the shorter one is left out. */
function possible(keys: readonly string[]): string[] {
  const whole = keys.filter((key) => key !== "" && !key.endsWith("/"));
  return inOrder(new Set(whole.filter((key) => !whole.some((other) => other.startsWith(`${key}/`)))));
}

async function listed(storage: LakeStorage, prefix: string, options?: ListOptions): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix, options)) keys.push(key);
  return keys;
}

async function filled(make: () => LakeStorage, keys: readonly string[]): Promise<LakeStorage> {
  const storage = make();
  await Promise.all(keys.map((key) => put(storage, key, key)));
  return storage;
}

/** A whole listing in pages of `size`, each after the last key of the one before. */
async function paged(storage: LakeStorage, prefix: string, size: number): Promise<string[]> {
  const keys: string[] = [];
  for (;;) {
    const before = keys.length;
    for await (const { key } of storage.list(prefix, { after: keys.at(-1) })) {
      keys.push(key);
      if (keys.length === before + size) break;
    }
    if (keys.length === before) return keys;
  }
}

/** How every adapter must list, all that there is and what comes after a key. */
export function describeListings(name: string, make: () => LakeStorage): void {
  describe(`${name} lists objects`, () => {
    it("in the order of UTF-8 bytes, folders included", async () => {
      const storage = make();
      const keys = ["a", "a-b", "a.csv/x", "a/b", "a/b-c", "ab", "z/\uffee", "z/\u{1f600}", "é"];
      for (const key of keys.toReversed().filter((key) => key !== "a")) await put(storage, key, key);
      expect(await listed(storage, "")).toEqual(keys.slice(1));
    });

    it("by any prefix, half a segment too, and leaves out siblings", async () => {
      const storage = make();
      for (const key of ["a/b/1", "a/b/2", "a/bc", "a-b", "b"]) await put(storage, key, "");
      expect(await listed(storage, "a/b")).toEqual(["a/b/1", "a/b/2", "a/bc"]);
      expect(await listed(storage, "a/b/")).toEqual(["a/b/1", "a/b/2"]);
      expect(await listed(storage, "a")).toEqual(["a-b", "a/b/1", "a/b/2", "a/bc"]);
      expect(await listed(storage, "a/b/2")).toEqual(["a/b/2"]);
      expect(await listed(storage, "c")).toEqual([]);
    });

    it("thousands of them, each once, from any of them on", async () => {
      const storage = make();
      const keys = Array.from({ length: 1500 }, (_, i) => `n/${String(i).padStart(5, "0")}`);
      for (let at = 0; at < keys.length; at += 50) {
        await Promise.all(keys.slice(at, at + 50).map((key) => put(storage, key, "")));
      }
      expect(await listed(storage, "n/")).toEqual(keys);
      for (const at of [0, 499, 500, 999, 1000, 1498]) {
        expect(await listed(storage, "n/", { after: keys[at] }), String(at)).toEqual(keys.slice(at + 1));
      }
    });
  });

  describe(`${name} lists what comes after a key`, () => {
    it("without that key, and with all that it is the beginning of", async () => {
      const storage = await filled(make, ["a", "a-b", "a.csv", "b/a", "b/a-b", "b/b/c"]);
      expect(await listed(storage, "", { after: "a" })).toEqual(["a-b", "a.csv", "b/a", "b/a-b", "b/b/c"]);
      expect(await listed(storage, "", { after: "a-b" })).toEqual(["a.csv", "b/a", "b/a-b", "b/b/c"]);
      expect(await listed(storage, "", { after: "a-a" })).toEqual(["a-b", "a.csv", "b/a", "b/a-b", "b/b/c"]);
      expect(await listed(storage, "", { after: "b/a" })).toEqual(["b/a-b", "b/b/c"]);
      expect(await listed(storage, "", { after: "b/b" })).toEqual(["b/b/c"]);
      expect(await listed(storage, "", { after: "b/b/" })).toEqual(["b/b/c"]);
      expect(await listed(storage, "", { after: "b/b/c" })).toEqual([]);
      expect(await listed(storage, "", { after: "" })).toEqual(await listed(storage, ""));
    });

    it("and begins with the prefix, wherever the key stands to it", async () => {
      const storage = await filled(make, ["a/1", "b/1", "b/2", "ba", "c/1"]);
      for (const after of ["a", "a/1", "a/2", "b", "b/"]) {
        expect(await listed(storage, "b/", { after }), after).toEqual(["b/1", "b/2"]);
      }
      expect(await listed(storage, "b/", { after: "b/1" })).toEqual(["b/2"]);
      for (const after of ["b/2", "b/3", "b0", "ba", "c", "\u{10ffff}"]) {
        expect(await listed(storage, "b/", { after }), after).toEqual([]);
      }
      expect(await listed(storage, "b/2", { after: "b/2" })).toEqual([]);
      expect(await listed(storage, "b", { after: "b/2" })).toEqual(["ba"]);
    });

    it("in the order of UTF-8 bytes: an emoji comes after U+FFEE, which UTF-16 puts behind it", async () => {
      const storage = await filled(make, ["a/\uffee", "a/\u{1f600}", "a/\u{1f600}\uffee"]);
      expect(await listed(storage, "a/", { after: "a/\uffee" })).toEqual(["a/\u{1f600}", "a/\u{1f600}\uffee"]);
      expect(await listed(storage, "a/", { after: "a/\u{1f600}" })).toEqual(["a/\u{1f600}\uffee"]);
      expect(await listed(storage, "a/", { after: "a/\u{1f600}\uffee" })).toEqual([]);
    });

    it("the key need not be there, nor be one that could be", async () => {
      const storage = await filled(make, ["a/b", "a/c"]);
      for (const after of ["/", "a//", "a/\u0000", "a/\n", ".", "..", "a/..", "a/ ", "a/+", "a/%62", "a/&b"]) {
        expect(await listed(storage, "", { after }), JSON.stringify(after)).toEqual(["a/b", "a/c"]);
      }
      for (const after of ["a/b\u0000", "a/b/", "a/b\\", "a/b/../c", "a/b."]) {
        expect(await listed(storage, "", { after }), JSON.stringify(after)).toEqual(["a/c"]);
      }
      await storage.remove("a/b");
      expect(await listed(storage, "", { after: "a/b" })).toEqual(["a/c"]);
    });

    it("shows the same of each as a whole listing does", async () => {
      const storage = await filled(make, ["a/1", "a/2", "b"]);
      const [whole, rest] = [[], []] as [unknown[], unknown[]];
      for await (const info of storage.list("")) whole.push(info);
      for await (const info of storage.list("", { after: "a/1" })) rest.push(info);
      expect(rest).toEqual(whole.slice(1));
    });

    it("is the rest of the whole listing, for any prefix and any key", async () => {
      const keys = possible(ODD_KEYS);
      const storage = await filled(make, keys);
      expect(await listed(storage, "")).toEqual(keys);
      const near = fc.constantFrom(...ODD_KEYS).chain((key) =>
        fc.oneof(
          fc.constant(key),
          fc.integer({ min: 0, max: [...key].length }).map((length) => [...key].slice(0, length).join("")),
          fc.string({ unit: "binary", minLength: 1, maxLength: 2 }).map((more) => key + more),
        ),
      );
      const law = fc.asyncProperty(near, fc.oneof(near, fc.string({ unit: "binary" })), async (prefix, after) => {
        const rest = keys.filter((key) => key.startsWith(prefix) && isAfter(key, after));
        expect(await listed(storage, prefix, { after })).toEqual(rest);
      });
      await fc.assert(law, { numRuns: RUNS, examples: ODD_KEYS.map((after) => ["", after]) });
    });

    it("pages put together are the listing", async () => {
      const segment = fc.constantFrom("a", "a-", "a.", "aa", "b", "\u00e9", "\uffee", "\u{1f600}", "\u{1f600}a", "~");
      const lakes = fc.array(fc.array(segment, { minLength: 1, maxLength: 4 }).map((path) => path.join("/")));
      const law = fc.asyncProperty(lakes, fc.integer({ min: 1, max: 4 }), async (some, size) => {
        const keys = possible(some);
        const storage = await filled(make, keys);
        expect(await paged(storage, "", size)).toEqual(keys);
        expect(await paged(storage, "a", size)).toEqual(keys.filter((key) => key.startsWith("a")));
        await storage.close();
      });
      await fc.assert(law, { numRuns: RUNS / 6 });
    });
  });
}
