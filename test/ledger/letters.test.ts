import { describe, expect, it } from "vitest";
import { VantageflowError } from "../../src/errors.ts";
import type { ProcessContext } from "../../src/functions/context.ts";
import { abandon } from "../../src/functions/handler.ts";
import { processOnce } from "../../src/functions/process.ts";
import { dismiss, readFailures } from "../../src/ledger/failures.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { readReceipts } from "../../src/ledger/receipts.ts";
import { s3PutEvent } from "../../src/ledger/s3-event.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { createLake, keysOf, put } from "../pipeline/lake.ts";

const GOOD = "timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0.1\n";
const BAD = "no header\n";
const KEY = "bronze/b.csv";
const FUNCTION = "vantageflow-process-iot";
/** Can be listed, and neither written nor have a receipt. */
const ODD_KEY = "bronze/a\\b.csv";
/** Long after its object landed, and years later. */
const [FAILED, LATER] = ["2031-05-06T07:08:09.123Z", "2034-01-01T00:00:00.000Z"];

const at = (lake: ProcessContext, time: string): ProcessContext => ({ ...lake, now: () => Date.parse(time) });
const lettersOf = ({ storage }: ProcessContext) => keysOf(storage, "dead-letter/");

async function objectOf({ storage }: ProcessContext) {
  for await (const object of storage.list("bronze/")) return object;
  throw new Error("there is no bronze");
}

async function attempt(lake: ProcessContext): Promise<string> {
  const again = { attempt: 1, fused: true, force: true };
  return (await processOnce(lake, "bronzeToSilver", await objectOf(lake), again)).outcome;
}

/** Its attempts are used up, as after three crashes. */
async function giveUp(lake: ProcessContext) {
  const error = new VantageflowError("storage_failed", "the disk is broken");
  const context = { ...lake, bucket: "lake", stage: "test", log: () => {} };
  return abandon(context, "bronzeToSilver", s3PutEvent("lake", await objectOf(lake), "t"), error, 3);
}

/** Something happens once, just before a key that begins like this is committed, or just behind it. */
function around(storage: LakeStorage, prefix: string, when: "before" | "behind", happens: () => Promise<unknown>) {
  let came = false;
  const once = async () => {
    if (came) return;
    came = true;
    await happens();
  };
  const wrapped: LakeStorage = {
    ...storage,
    async create(key, options) {
      const writer = await storage.create(key, options);
      if (!key.startsWith(prefix)) return writer;
      return {
        ...writer,
        async commit(options) {
          if (when === "before") await once();
          const info = await writer.commit(options);
          if (when === "behind") await once();
          return info;
        },
      };
    },
  };
  return wrapped;
}

describe("a dead letter", () => {
  it("tells when its object failed, not when it landed: record, key and list", async () => {
    const lake = at(createLake(), FAILED);
    await put(lake.storage, KEY, BAD);
    expect(await attempt(lake)).toBe("refused");
    const [key, ...more] = await lettersOf(lake);
    expect([more, key]).toEqual([[], expect.stringContaining(`/${FUNCTION}/2031/05/06/2031-05-06T07.08.09-`)]);
    const [{ time, record }] = await readFailures(lake.storage);
    expect([time, record.timestamp]).toEqual([FAILED, FAILED]);
  });

  it("stays one, with the time of the first failure, when its version fails again", async () => {
    const lake = createLake();
    await put(lake.storage, KEY, BAD);
    for (const time of [FAILED, LATER, FAILED]) expect(await attempt(at(lake, time))).toBe("refused");
    expect((await readFailures(lake.storage)).map(({ time }) => time)).toEqual([FAILED]);
    expect(await lettersOf(lake)).toHaveLength(1);
  });

  it.each([
    ["its time and the letter", "dead-letter/"],
    ["the letter and its receipt", "receipts/vantageflow-process-iot/"],
  ])("stays one after a crash between %s", async (_, crashesAt) => {
    const lake = createLake();
    await put(lake.storage, KEY, BAD);
    const storage = around(lake.storage, crashesAt, "before", () => Promise.reject(new Error("killed")));
    await expect(attempt(at({ ...lake, storage }, FAILED))).rejects.toThrow("killed");
    expect(await attempt(at(lake, LATER))).toBe("refused");
    expect((await readFailures(lake.storage)).map(({ time }) => time)).toEqual([FAILED]);
    expect(await lettersOf(lake)).toHaveLength(1);
  });

  it.each(["receipts/failed/", "dead-letter/"])(
    "stays one when another worker fails at the same time, at %s",
    async (prefix) => {
      const lake = createLake();
      await put(lake.storage, KEY, BAD);
      for (const when of ["before", "behind"] as const) {
        const storage = around(lake.storage, prefix, when, () => attempt(at(lake, LATER)));
        await attempt(at({ ...lake, storage }, FAILED));
        expect([when, (await lettersOf(lake)).length]).toEqual([when, 1]);
      }
    },
  );

  it("of a key that can have no receipt stands for it, open and dismissed", async () => {
    const inner = createLake();
    const odd = { key: ODD_KEY, token: "t", size: 10, modified: 0 };
    const storage: LakeStorage = {
      ...inner.storage,
      async *list(prefix, options) {
        if (ODD_KEY.startsWith(prefix)) yield odd;
        yield* inner.storage.list(prefix, options);
      },
    };
    const lake = at({ ...inner, storage }, FAILED);
    const planned = async () => (await planRun(storage)).work.length;
    expect(await planned()).toBe(1);
    expect(await attempt(lake)).toBe("refused");
    expect([await planned(), (await readFailures(storage)).map(({ time }) => time)]).toEqual([0, [FAILED]]);
    const [failure] = await readFailures(storage);
    await dismiss(storage, failure);
    expect([await planned(), await lettersOf(lake)]).toEqual([0, [expect.stringContaining("/dismissed/")]]);
    for (const key of await lettersOf(lake)) await storage.remove(key);
    expect(await planned()).toBe(1);
  });

  it("is told of once even where its time was damaged, or another program wrote it under another time", async () => {
    const lake = createLake();
    await put(lake.storage, KEY, BAD);
    await attempt(at(lake, FAILED));
    for (const content of ["", "{", "null", '{"time":"soon"}', " ".repeat(2 << 20)]) {
      for (const key of await keysOf(lake.storage, "receipts/failed/")) await put(lake.storage, key, content);
      await attempt(at(lake, LATER));
    }
    expect(await readFailures(lake.storage)).toHaveLength(1);
  });
});

describe("a version that is given up or refused", () => {
  const ends = { "given up": giveUp, refused: attempt };

  it.each([
    ["given up", GOOD, "done"],
    ["given up", BAD, "refused"],
    ["refused", `${BAD}still none\n`, "refused"],
  ] as const)("%s: takes nothing from a newer one (%j) that ends in the same instant", async (how, newer, outcome) => {
    for (const when of ["before", "behind"] as const) {
      const lake = createLake();
      await put(lake.storage, KEY, how === "refused" ? BAD : GOOD.replace("A", "B"));
      const storage = around(lake.storage, `receipts/${FUNCTION}/`, when, async () => {
        await put(lake.storage, KEY, newer);
        expect(await attempt(lake)).toBe(outcome);
      });
      await ends[how]({ ...lake, storage });
      const { token } = await objectOf(lake);
      const receipts = await readReceipts(lake.storage, FUNCTION, KEY);
      expect([when, receipts.map((one) => [one.source.token, one.outcome])]).toEqual([when, [[token, outcome]]]);
      expect((await planRun(lake.storage)).work).toEqual([]);
    }
  });
});
