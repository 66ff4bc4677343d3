import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { receiptName } from "../../src/ledger/names.ts";
import { linkIn, sealText } from "../../src/seals/chain.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { bytesOf, createLake, put } from "../pipeline/lake.ts";
import { HEADER, keysUnder, row, type SealedLake, sealedLake, threeBatches } from "./lakes.ts";

const RUNS = Number(process.env.TAMPERINGS ?? 150);
const KEYS = generateKeyPairSync("ed25519");
const OTHER = generateKeyPairSync("ed25519");

async function bytesIn(storage: LakeStorage, key: string): Promise<Buffer> {
  return (await bytesOf(storage, key)) ?? Buffer.alloc(0);
}

/** Four seals over a growing ledger, signed where there is a key, and the digests that were printed. */
async function chainOf(privateKey: typeof KEYS.privateKey | null) {
  const lake = sealedLake();
  const digests: string[] = [];
  await threeBatches(lake);
  for (const value of [1, 2, 3, 4]) {
    await lake.lands(`more-${value}.csv`, HEADER + row(value));
    digests.push((await lake.seal({ privateKey })).link?.digest ?? "");
  }
  return { lake, digests };
}

const [plain, signed] = await Promise.all([chainOf(null), chainOf(KEYS.privateKey)]);

/** The same lake once more, to be tampered with. */
async function copyOf({ lake }: { lake: SealedLake }) {
  const storage = createMemoryStorage();
  for (const key of await keysUnder(lake.storage, "")) await put(storage, key, await bytesIn(lake.storage, key));
  return { ...sealedLake({ ...createLake(), storage }), now: () => 1_000_000 };
}

const isTold = async (storage: LakeStorage, options: object) => {
  const { problems, findings } = await sealedLake().verify({ storage, now: 1_000_000, ...options });
  return problems.length + findings.length > 0;
};

/** One act upon some objects: each is at another place of it, or is no more. */
const ACTS = fc.oneof(
  fc.record({ act: fc.constant("remove" as const), at: fc.nat(), other: fc.nat(), byte: fc.nat(), bit: fc.nat(7) }),
  fc.record({ act: fc.constant("flip" as const), at: fc.nat(), other: fc.nat(), byte: fc.nat(), bit: fc.nat(7) }),
  fc.record({ act: fc.constant("cut" as const), at: fc.nat(), other: fc.nat(), byte: fc.nat(), bit: fc.nat(7) }),
  fc.record({ act: fc.constant("swap" as const), at: fc.nat(), other: fc.nat(), byte: fc.nat(), bit: fc.nat(7) }),
);

async function tamper(
  storage: LakeStorage,
  keys: readonly string[],
  act: typeof ACTS extends fc.Arbitrary<infer T> ? T : never,
) {
  const key = keys[act.at % keys.length];
  const bytes = await bytesIn(storage, key);
  if (act.act === "remove") return storage.remove(key);
  if (act.act === "cut") return void (await put(storage, key, bytes.subarray(0, act.byte % bytes.length)));
  if (act.act === "flip") {
    const flipped = Buffer.from(bytes);
    flipped[act.byte % bytes.length] ^= 1 << act.bit;
    return void (await put(storage, key, flipped));
  }
  const other = keys.filter((one) => one !== key)[act.other % (keys.length - 1)];
  const theirs = await bytesIn(storage, other);
  await put(storage, key, theirs);
  await put(storage, other, bytes);
}

describe("the law of sealed ledgers", () => {
  it("any removal, change, truncation or exchange of receipts and dead letters is told", async () => {
    await fc.assert(
      fc.asyncProperty(ACTS, async (act) => {
        const { storage } = await copyOf(plain);
        const keys = (await keysUnder(storage, "receipts/", "dead-letter/")).filter(
          (key) => key.startsWith("dead-letter/") || receiptName(key) !== null,
        );
        await tamper(storage, keys, act);
        expect(await isTold(storage, {})).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it("any of seals and manifests in use is told by who has kept the newest digest", async () => {
    await fc.assert(
      fc.asyncProperty(ACTS, async (act) => {
        const { storage } = await copyOf(plain);
        const manifests = await keysUnder(storage, "seals/manifests/");
        await tamper(storage, [...(await keysUnder(storage, "seals/0")), ...manifests.slice(-1)], act);
        expect(await isTold(storage, { kept: plain.digests.slice(-1) })).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it("any of seals but the removal of the newest is told by the public key alone", async () => {
    await fc.assert(
      fc.asyncProperty(ACTS, async (act) => {
        const { storage } = await copyOf(signed);
        const keys = await keysUnder(storage, "seals/0");
        await tamper(storage, act.act === "remove" ? keys.slice(0, -1) : keys, act);
        expect(await isTold(storage, { publicKey: KEYS.publicKey })).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it("an untouched copy is told to be whole, with digests and key", async () => {
    const { storage } = await copyOf(signed);
    expect(await isTold(storage, { kept: signed.digests, publicKey: KEYS.publicKey })).toBe(false);
  });
});

describe("what a seal does not protect from by itself", () => {
  it("whoever can write to the lake makes a new chain: only a kept digest or a signature tells", async () => {
    const { storage } = await copyOf(signed);
    const lake = sealedLake({ ...createLake(), storage });
    for (const key of await keysUnder(storage, "seals/")) await storage.remove(key);
    const [receipt] = await keysUnder(storage, "receipts/vantageflow-process-iot/a.csv");
    await storage.remove(receipt);
    await lake.seal();
    expect(await isTold(storage, {})).toBe(false);
    expect(await isTold(storage, { kept: signed.digests.slice(-1) })).toBe(true);
    expect(await isTold(storage, { publicKey: KEYS.publicKey })).toBe(true);
  });

  it("the newest seals can be cut off: only a kept digest tells", async () => {
    const { storage } = await copyOf(signed);
    for (const key of (await keysUnder(storage, "seals/0")).slice(-1)) await storage.remove(key);
    const found = await sealedLake().verify({ storage, now: 1_000_000, publicKey: KEYS.publicKey });
    expect([found.problems, found.counts.came]).toEqual([[], 2]);
    expect(await isTold(storage, { kept: signed.digests.slice(-1) })).toBe(true);
  });

  it("a signature of another key is none", async () => {
    const { storage } = await copyOf(signed);
    const [newest] = (await keysUnder(storage, "seals/0")).slice(-1);
    const read = linkIn(newest, (await bytesIn(storage, newest)).toString("utf8"));
    if (read === null) throw new Error("no seal");
    await put(storage, newest, sealText(read.link.seal, OTHER.privateKey));
    const { problems } = await sealedLake().verify({ storage, now: 1_000_000, publicKey: KEYS.publicKey });
    expect(problems).toEqual([`the signature of ${newest} does not hold`]);
  });
});
