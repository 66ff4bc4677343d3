import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DEAD_LETTERS,
  dismissedKey,
  failedKey,
  functionFolder,
  isDismissedKey,
  lambdaFolder,
  letterIdentity,
  letterKey,
  letterName,
  RECEIPTS,
  receiptFolder,
  receiptKey,
  receiptName,
  VERIFY_CHECKPOINT,
  VERIFY_RECORD,
} from "../../src/ledger/names.ts";

const SPLIT = "vantageflow-process-iot";
const fn = fc.constantFrom(SPLIT, "vantageflow-silver-to-gold", "a", "fail", "verified", "f".repeat(64));
const layer = fc.constantFrom("bronze/", "silver/");
/** Names that end or begin as others of the ledger do, with what else a key may hold. */
const part = fc.oneof(
  fc.constantFrom("a.csv", "b.CSV", ".json", "a.json", "failed", "verify", "last.json", "aws", "dead-letter", "é%2F +"),
  fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !text.includes("/")),
);
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const token = fc.oneof(fc.constantFrom("1-2-3", ".json", "a.json", "ff-2"), part);
const second = fc.integer({ min: 0, max: 4_102_444_799 }).map((seconds) => seconds * 1000);
const millis = fc.integer({ min: 0, max: 999 });

describe("the names of the ledger", () => {
  it("of receipts say which function, path and token they are of", () => {
    fc.assert(
      fc.property(fn, layer, path, token, (name, prefix, of, version) => {
        const key = receiptKey(name, `${prefix}${of}`, version);
        expect(receiptName(key)).toEqual({ function: name, path: of, token: version });
        expect(key.startsWith(receiptFolder(name, `${prefix}${of}`))).toBe(true);
        expect(key.startsWith(functionFolder(name)) && key.startsWith(RECEIPTS)).toBe(true);
        expect(letterName(key)).toBeNull();
      }),
    );
  });

  it("of letters say which function, second and id they are of, and whether one is open, dismissed or Lambda's own", () => {
    fc.assert(
      fc.property(fn, second, millis, fc.uuid(), (name, time, ms, id) => {
        const written = new Date(time + ms).toISOString();
        const open = letterKey(name, written, id);
        const lambda = open.slice(DEAD_LETTERS.length);
        const said = { function: name, written: time, id };
        expect(lambda.startsWith(lambdaFolder(name))).toBe(true);
        expect(letterName(open)).toEqual({ at: "open", ...said });
        expect(letterName(lambda)).toEqual({ at: "lambda", ...said });
        for (const key of [open, lambda]) {
          expect(letterName(dismissedKey(key))).toEqual({ at: "dismissed", ...said });
          expect([isDismissedKey(key), isDismissedKey(dismissedKey(key))]).toEqual([false, true]);
          expect([letterIdentity(key), letterIdentity(dismissedKey(key))]).toEqual([id, id]);
        }
        expect([open, lambda, dismissedKey(open)].map(receiptName)).toEqual([null, null, null]);
      }),
    );
  });

  it("say nothing where a key only looks like one, and a receipt's name is made again of what it says", () => {
    const start = fc.constantFrom(RECEIPTS, `${RECEIPTS}failed/`, `${RECEIPTS}verify/`, DEAD_LETTERS, "bronze/", "");
    fc.assert(
      fc.property(start, path, fc.constantFrom("", ".json"), (folder, rest, suffix) => {
        const key = `${folder}${rest}${suffix}`;
        const name = receiptName(key);
        if (name !== null) expect(receiptKey(name.function, `bronze/${name.path}`, name.token)).toBe(key);
        expect(letterName(key)).toBeNull();
      }),
    );
  });

  it.each([
    failedKey("0f0e0d0c-0b0a-8908-8706-050403020100"),
    failedKey("a/b"),
    VERIFY_RECORD,
    VERIFY_CHECKPOINT,
    `${RECEIPTS}verify/a.csv/t.json`,
    `${RECEIPTS}${SPLIT}/t.json`,
    `${RECEIPTS}${SPLIT}//t.json`,
    `${RECEIPTS}${SPLIT}/a.csv/.json`,
    `${RECEIPTS}${SPLIT}/a.csv/t.jsonl`,
    `${RECEIPTS}/a.csv/t.json`,
    RECEIPTS,
    `mirror/${RECEIPTS}${SPLIT}/a.csv/t.json`,
  ])("%s is no receipt", (key) => {
    expect(receiptName(key)).toBeNull();
  });

  it.each([
    "aws/lambda/async/f/2026/03/10/x",
    "aws/lambda/async/f/2026/03/10/2026-03-10T11.00.00-",
    "aws/lambda/async/f/2026/03/10/2026-13-10T11.00.00-id",
    "aws/lambda/async/f/2026/03/2026-03-10T11.00.00-id",
    "aws/lambda/async//2026/03/10/2026-03-10T11.00.00-id",
    "other/aws/lambda/async/f/2026/03/10/2026-03-10T11.00.00-id",
    "dead-letter/mine.json",
  ])("%s is no letter by its name", (key) => {
    expect(letterName(key)).toBeNull();
  });

  it("of a letter under any name are one, open and dismissed", () => {
    expect(dismissedKey("dead-letter/mine.json")).toBe("dead-letter/dismissed/mine.json");
    expect(letterIdentity("dead-letter/mine.json")).toBe("dead-letter/dismissed/mine.json");
  });
});
