import { describe, expect, it } from "vitest";
import { receiptKey } from "../../src/ledger/names.ts";
import { parseReceipt, readReceipts } from "../../src/ledger/receipts.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { topology } from "../../src/topology.ts";
import { process, textOf } from "./lake.ts";

const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
const ROW = "2025-01-01T00:00:00Z,A,1,C,0.1";
const SPLIT = topology.functions.bronzeToSilver.name;

/** What the result says, and the receipt with it. */
async function notesOf(text: string | Uint8Array, chunkBytes = 262_144) {
  const storage = createMemoryStorage();
  const { result } = await process(text, { storage, settings: { chunkBytes } });
  const [receipt] = await readReceipts(storage, SPLIT, "bronze/b.csv");
  expect(receipt.split?.notes).toEqual(result.notes);
  return result.notes;
}

describe("the notes of a batch", () => {
  it("say of a last reading without line end that it may have been cut off", async () => {
    const unterminated = { last_line_unterminated: true };
    for (const chunkBytes of [64, 65, 100, 262_144]) {
      for (const text of [
        `${HEADER}${ROW}`,
        `${HEADER}${ROW}\n${ROW}`,
        `${HEADER}${ROW}\r\n${ROW.replace("A", '"A"')}`,
      ]) {
        expect([text, await notesOf(text, chunkBytes)]).toEqual([text, unterminated]);
      }
    }
  });

  it("say nothing of a last row that ends with a line, is blank, or is no reading", async () => {
    const whole = ["", `${ROW}\n`, `${ROW}\r`, `${ROW}\r\n`, `${ROW}\n\n`];
    const odd = [`${ROW}\n `, `${ROW}\n2025-01-01T00:00:00Z,A,1`, `${ROW}\n2025-01-01T00:00:00Z,A,x,C,0.1`];
    for (const text of [...whole, ...odd].map((rows) => HEADER + rows)) {
      expect([text, await notesOf(text)]).toEqual([text, undefined]);
    }
    expect(await notesOf(HEADER.trim())).toBeUndefined();
  });

  it("count the rows with a field that spans lines, and say where the first is", async () => {
    const long = '2025-01-01T00:00:00Z,A,1,"C\nor\r\nF",0.1\n';
    const text = `\n${HEADER}${ROW}\n${long}${ROW}\n${long}"no\nreading"\n${ROW}\n`;
    for (const chunkBytes of [64, 65, 100, 262_144]) {
      expect(await notesOf(text, chunkBytes)).toEqual({ multiline_rows: { count: 3, first_line: 4 } });
    }
  });

  it("are told again of a batch that comes again, and are read from its receipt", async () => {
    const storage = createMemoryStorage();
    await process(HEADER + ROW, { storage });
    const again = await process(HEADER + ROW, { storage });
    expect(again.result).toMatchObject({ outcome: "already_ingested", notes: { last_line_unterminated: true } });
  });

  it("are checked like the rest of a receipt, which need not have them", async () => {
    const storage = createMemoryStorage();
    await process(HEADER + ROW, { storage });
    const [receipt] = await readReceipts(storage, SPLIT, "bronze/b.csv");
    const text = (await textOf(storage, receiptKey(SPLIT, "bronze/b.csv", receipt.source.token))) ?? "";
    const { split, ...rest } = JSON.parse(text);
    const withNotes = (notes: unknown) => parseReceipt(JSON.stringify({ ...rest, split: { ...split, notes } }));
    for (const notes of [undefined, {}, { multiline_rows: { count: 1, first_line: 2 } }]) {
      expect(withNotes(notes)).not.toBeNull();
    }
    for (const notes of [null, [], { last_line_unterminated: "yes" }, { multiline_rows: 3 }]) {
      expect(withNotes(notes)).toBeNull();
    }
  });
});
