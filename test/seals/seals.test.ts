import { describe, expect, it } from "vitest";
import { run } from "../../src/engine/run.ts";
import { dismiss, readFailures } from "../../src/ledger/failures.ts";
import { receiptName } from "../../src/ledger/names.ts";
import { expire } from "../../src/retention/expire.ts";
import { planExpire, takeInventory } from "../../src/retention/plan.ts";
import type { LakeVersions } from "../../src/storage/port.ts";
import { DAY_MS } from "../../src/time.ts";
import { put } from "../pipeline/lake.ts";
import { HEADER, keysUnder, REFUSED, row, type SealedLake, sealedLake, threeBatches } from "./lakes.ts";

const NO_VERSIONS = { async *retained() {} } as unknown as LakeVersions;

async function sealed(): Promise<SealedLake> {
  const lake = sealedLake();
  await threeBatches(lake);
  await lake.seal();
  return lake;
}

const changes = async (lake: SealedLake) => {
  const { problems, findings, counts } = await lake.verify();
  expect(problems).toEqual([]);
  return { findings: findings.map(({ key, change }) => `${change} ${key.replace(/\/[^/]*$/, "")}`), counts };
};

const SPLIT = "receipts/vantageflow-process-iot";
const GOLD = "receipts/vantageflow-silver-to-gold";

describe("a ledger that nobody touched", () => {
  it("is intact, each receipt and dead letter of it, and the seal says how many there are", async () => {
    const lake = await sealed();
    const { chain, counts } = await lake.verify();
    const named = (await keysUnder(lake.storage, "dead-letter/", "receipts/")).filter(
      (key) => key.startsWith("dead-letter/") || receiptName(key) !== null,
    );
    expect(counts).toMatchObject({ intact: named.length, removed: 0, rewritten: 0, came: 0 });
    expect([named.length, chain.newest?.seal.entries]).toEqual([6, 6]);
  });

  it("has seals of which each follows on the one before, and manifests of the newest two only", async () => {
    const lake = await sealed();
    for (const value of [3, 4, 5]) {
      await lake.lands(`more-${value}.csv`, HEADER + row(value));
      await lake.seal();
    }
    expect((await lake.verify()).chain).toMatchObject({ length: 4, problems: [] });
    expect(await keysUnder(lake.storage, "seals/0")).toHaveLength(4);
    expect(await keysUnder(lake.storage, "seals/manifests/")).toHaveLength(2);
  });
});

describe("what the product itself does to a sealed ledger is not tampering", () => {
  it("a new batch came since", async () => {
    const lake = await sealed();
    await lake.lands("new.csv", HEADER + row(9));
    expect(await changes(lake)).toMatchObject({ findings: [], counts: { came: 2 } });
  });

  it("a batch that is replaced was made again, and when: its old receipts are gone and the new say so", async () => {
    const lake = await sealed();
    const from = lake.now();
    await lake.lands("a.csv", HEADER + row(7));
    const { findings } = await lake.verify();
    expect(findings.map(({ change }) => change)).toEqual(["remade", "remade"]);
    for (const { time } of findings) expect(time).toBeGreaterThan(from);
    expect((await lake.seal()).link).not.toBeNull();
    expect(await changes(lake)).toMatchObject({ findings: [] });
  });

  it("a batch that is replaced by one that is refused takes the receipt of its gold with it", async () => {
    const lake = await sealed();
    await lake.lands("a.csv", REFUSED);
    expect((await changes(lake)).findings.toSorted()).toEqual([`remade ${SPLIT}/a.csv`, `remade ${GOLD}/a.csv`]);
  });

  it("a forced run writes other receipts under the same names", async () => {
    const lake = await sealed();
    await run(lake.context, { concurrency: 1, reprocess: "" });
    const { findings, counts } = await changes(lake);
    expect([...new Set(findings.map((one) => one.split(" ")[0]))]).toEqual(["remade"]);
    expect(counts).toMatchObject({ removed: 0, rewritten: 0 });
  });

  it("a dead letter that is dismissed is kept apart", async () => {
    const lake = await sealed();
    for (const failure of await readFailures(lake.storage)) await dismiss(lake.storage, failure);
    expect((await changes(lake)).findings).toEqual([expect.stringMatching(/^dismissed dead-letter\//)]);
  });

  it("what expire removes is expired, and the seals stay", async () => {
    const lake = await sealed();
    lake.passes(100 * DAY_MS);
    for (const key of await keysUnder(lake.storage, "bronze/", "silver/")) await lake.storage.remove(key);
    const plan = planExpire(await takeInventory(lake.storage, NO_VERSIONS), lake.now());
    await expire(lake.storage, NO_VERSIONS, plan, { concurrency: 1 });
    const { findings, counts } = await changes(lake);
    expect(findings).toEqual([]);
    expect(counts).toMatchObject({ expired: 6, removed: 0 });
    expect(await keysUnder(lake.storage, "seals/")).toHaveLength(2);
  });
});

describe("what somebody else does to it is told", () => {
  it("a receipt that is removed, while it is younger than its retention", async () => {
    const lake = await sealed();
    const [key] = await keysUnder(lake.storage, `${SPLIT}/a.csv`);
    await lake.storage.remove(key);
    expect((await changes(lake)).findings).toEqual([`removed ${SPLIT}/a.csv`]);
  });

  it("a receipt whose counts are rewritten, and one that is put in the place of another", async () => {
    const lake = await sealed();
    const [a] = await keysUnder(lake.storage, `${SPLIT}/a.csv`);
    const [b] = await keysUnder(lake.storage, `${SPLIT}/deep/`);
    await put(lake.storage, a, `{"version":2}\n`);
    await put(lake.storage, b, `{"version":2}\n`);
    expect((await changes(lake)).findings).toEqual([`rewritten ${SPLIT}/a.csv`, `rewritten ${SPLIT}/deep/b.csv`]);
  });

  it("is not sealed over, unless somebody says so; then the chain says it for ever", async () => {
    const lake = await sealed();
    const [key] = await keysUnder(lake.storage, `${SPLIT}/a.csv`);
    await lake.storage.remove(key);
    const before = await keysUnder(lake.storage, "seals/");
    expect(await lake.seal()).toMatchObject({
      link: null,
      counts: { removed: 1 },
      wrong: [{ key, change: "removed" }],
    });
    expect(await keysUnder(lake.storage, "seals/")).toEqual(before);
    expect((await lake.seal({ accept: true })).link?.seal.accepted).toEqual({ removed: 1, rewritten: 0, keys: [key] });
    await lake.seal();
    expect((await lake.verify()).chain).toMatchObject({ length: 3, accepted: [{ number: 2 }] });
  });

  it("a manifest that is gone or changed is no ledger to compare with: nothing is sealed over it, whatever is accepted", async () => {
    for (const act of ["gone", "changed"]) {
      const lake = await sealed();
      const [manifest] = await keysUnder(lake.storage, "seals/manifests/");
      if (act === "gone") await lake.storage.remove(manifest);
      else await put(lake.storage, manifest, "[]\n");
      const before = await keysUnder(lake.storage, "seals/");
      const { link, problems } = await lake.seal({ accept: true });
      expect([link, problems]).toEqual([null, [expect.stringContaining(manifest)]]);
      expect(await keysUnder(lake.storage, "seals/")).toEqual(before);
    }
  });

  it("an object that a listing shows unchanged is sealed as it was sealed before, so that a rewrite is not lost in a new seal", async () => {
    const lake = await sealed();
    const [key] = await keysUnder(lake.storage, `${SPLIT}/a.csv`);
    const before = await lake.storage.head(key);
    await put(lake.storage, key, "x".repeat(before?.size ?? 0));
    const forged = {
      ...lake.storage,
      async *list(...args: Parameters<typeof lake.storage.list>) {
        for await (const one of lake.storage.list(...args))
          yield one.key === key ? { ...one, token: before!.token } : one;
      },
    };
    expect((await lake.seal({ storage: forged })).link).not.toBeNull();
    expect((await changes(lake)).findings).toEqual([`rewritten ${SPLIT}/a.csv`]);
  });
});
