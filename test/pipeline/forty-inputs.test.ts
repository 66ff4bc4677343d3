import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { processObject } from "../../src/engine/foreground.ts";
import type { LakeStorage } from "../../src/storage/port.ts";
import { stores } from "../storage/stores.ts";
import { createLake, type Outcome, process as processIn, put } from "./lake.ts";

/** The inputs 1 to 38 that every lake meets one day, each with exactly the outcome that is promised. */

const HEADER = "timestamp,device_id,value,unit,anomaly_score";
const GOLD = "device_id,total_readings,avg_value,min_value,max_value,anomaly_count,anomaly_percentage";
const T = "2025-01-01T00:00:00Z";
const GOOD = `${T},FAB-1,1.5,C,0.1`;

const file = (...rows: string[]) => [HEADER, ...rows, ""].join("\n");
/** A file of one row between two good ones. */
const around = (row: string) => file(GOOD, row, GOOD);

function processed(outcome: Outcome, rows: Partial<Outcome["result"]["rows"]>): void {
  expect(outcome.result.error).toBeNull();
  expect(outcome.result.outcome).toBe("done");
  expect(outcome.result.rows).toMatchObject(rows);
  const { in: all, silver, anomalies, rejects, blank } = outcome.result.rows;
  expect(all).toBe(silver + anomalies + rejects + blank);
  expect(outcome.deadLetters).toEqual([]);
  expect(outcome.receipts).toHaveLength(2);
}

function refused(outcome: Outcome, code: string, place: { line?: number; column?: string } = {}): void {
  const { result } = outcome;
  expect([result.outcome, result.error?.code]).toEqual(["refused", code]);
  expect(result.error).toMatchObject(place);
  expect([outcome.silver, outcome.anomalies, outcome.rejects, outcome.gold]).toEqual([null, null, null, null]);
  expect(outcome.deadLetters).toHaveLength(1);
  expect(outcome.receipts).toHaveLength(1);
}

describe.each(await stores())("the forty inputs on $name", ({ make }) => {
  const process: typeof processIn = (content, options) => processIn(content, { ...options, storage: make() });

  /** The row between the good ones is rejected for this reason, with its place, and the file goes on. */
  async function rejectsRow(row: string, reason: string, column: string): Promise<void> {
    const outcome = await process(around(row));
    processed(outcome, { in: 3, silver: 2, rejects: 1 });
    const offset = Buffer.byteLength(`${HEADER}\n${GOOD}\n`);
    const quoted = `"${row.replaceAll('"', '""')}"`;
    const [head, line, end] = (outcome.rejects ?? "").split(/\n(?=3,|$)/);
    expect(head).toBe("line,byte_offset,column,reason,message,row");
    expect(line.startsWith(`3,${offset},${column},${reason},`)).toBe(true);
    expect(line.endsWith(`,${quoted}`)).toBe(true);
    expect(end).toBe("");
    expect(outcome.silver).toBe(file(GOOD, GOOD));
  }

  /** The row between the good ones goes to silver or anomalies, byte for byte. */
  async function acceptsRow(row: string, side: "silver" | "anomalies"): Promise<Outcome> {
    const outcome = await process(around(row));
    processed(outcome, { in: 3, rejects: 0, [side]: side === "silver" ? 3 : 1 });
    expect(outcome[side]).toBe(side === "silver" ? file(GOOD, row, GOOD) : file(row));
    return outcome;
  }

  it("1: no bytes at all are refused", async () => refused(await process(""), "empty"));

  it("2: a header alone is processed to header-only outputs", async () => {
    const outcome = await process(`${HEADER}\n`);
    processed(outcome, { in: 0 });
    expect([outcome.silver, outcome.anomalies, outcome.gold]).toEqual([`${HEADER}\n`, `${HEADER}\n`, `${GOLD}\n`]);
    expect(outcome.rejects).toBeNull();
  });

  it("3: a UTF-8 byte order mark is stripped", async () => {
    const outcome = await process(`\ufeff${file(GOOD)}`);
    processed(outcome, { in: 1, silver: 1 });
    expect(outcome.silver).toBe(file(GOOD));
  });

  it("4: UTF-16 is refused, with a byte order mark or without", async () => {
    refused(await process(Buffer.from(`\ufeff${file(GOOD)}`, "utf16le")), "encoding_invalid", { line: 1 });
    refused(await process(Buffer.from(file(GOOD), "utf16le")), "encoding_invalid", { line: 1 });
    refused(await process(Buffer.from(file(GOOD), "utf16le").swap16()), "encoding_invalid", { line: 1 });
  });

  it("5: a Latin-1 byte refuses the file with its line; no U+FFFD is ever written", async () => {
    const latin = Buffer.from(file(GOOD, `${T},FAB-1,1,\u00b0C,0.1`), "latin1");
    refused(await process(latin), "encoding_invalid", { line: 3 });
    const legitimate = await process(file(`${T},FAB-\ufffd,1,C,0.1`));
    processed(legitimate, { silver: 1 });
  });

  it("6: a NUL refuses the file with its line", async () => {
    refused(await process(file(GOOD, GOOD, `${T},F\0,1,C,0.1`)), "nul_byte", { line: 4 });
  });

  it("7: CRLF is read and written as LF", async () => {
    const outcome = await process(file(GOOD, GOOD).replaceAll("\n", "\r\n"));
    processed(outcome, { in: 2, silver: 2 });
    expect(outcome.silver).toBe(file(GOOD, GOOD));
  });

  it("8: CR only is read and written as LF", async () => {
    const outcome = await process(file(GOOD, GOOD).replaceAll("\n", "\r"));
    processed(outcome, { in: 2, silver: 2 });
    expect(outcome.silver).toBe(file(GOOD, GOOD));
  });

  it("9: the last row is kept without a final newline", async () => {
    const outcome = await process(`${HEADER}\n${GOOD}`);
    processed(outcome, { in: 1, silver: 1 });
    expect(outcome.silver).toBe(file(GOOD));
  });

  it("10: quoted commas and doubled quotes are read, and kept as they are", async () => {
    const outcome = await acceptsRow(`${T},"FAB, ""1""",2,"C",0.2`, "silver");
    expect(outcome.gold).toContain('"FAB, ""1""",1,2.0,2.0,2.0,0,0.0');
  });

  it("11: a quoted newline stays inside its field", async () => {
    const outcome = await acceptsRow(`${T},"FAB\n1",2,"a\r\nb",0.2`, "silver");
    expect(outcome.gold).toContain('"FAB\n1",1,2.0');
  });

  it("12: an unclosed quote refuses the file with the line where it opens", async () => {
    refused(await process(file(GOOD, `${T},"FAB-1,1,C,0.1`, GOOD)), "quote_unclosed", { line: 3 });
  });

  it("13: a stray quote rejects the row", async () => {
    await rejectsRow(`${T},FAB"1,1,C,0.1`, "stray_quote", "");
    await rejectsRow(`${T},"FAB"1,1,C,0.1`, "stray_quote", "");
  });

  it("14: too few fields reject the row", () => rejectsRow(`${T},FAB-1,1,C`, "field_count", ""));
  it("15: too many fields reject the row", () => rejectsRow(`${T},FAB-1,1,C,0.1,`, "field_count", ""));

  it("16: blank lines are dropped and counted", async () => {
    const outcome = await process(`\n${HEADER}\n\n${GOOD}\n \t\n\n${GOOD}\n\n`);
    processed(outcome, { in: 7, silver: 2, blank: 5 });
    expect(outcome.silver).toBe(file(GOOD, GOOD));
  });

  it("17: a duplicate column refuses the file", async () => {
    refused(await process(`${HEADER},value\n`), "columns_duplicate", { line: 1, column: "value" });
  });

  it("18: a missing column refuses the file and is named", async () => {
    const outcome = await process("timestamp,device_id,unit,anomaly_score\n");
    refused(outcome, "columns_missing", { line: 1, column: "value" });
  });

  it("no header: a reading in its place refuses the file", async () => {
    refused(await process(`${GOOD}\n`), "header_invalid", { line: 1 });
  });

  it("19: reordered and extra columns are found by name and carried through", async () => {
    const rows = ["x,anomaly_score,unit,value,device_id,timestamp,y", `,0.9,C,7,FAB-1,${T},"a,b"`, ""].join("\n");
    const outcome = await process(rows);
    processed(outcome, { in: 1, anomalies: 1 });
    expect(outcome.anomalies).toBe(rows);
    expect(outcome.gold).toBe(`${GOLD}\nFAB-1,1,7.0,7.0,7.0,1,100.0\n`);
  });

  it("20: a row of 1 GB refuses the file at the limit, in bounded memory", async () => {
    const lake = createLake({}, make());
    await put(lake.storage, "bronze/b.csv", "x");
    let pulled = 0;
    const endless: LakeStorage = {
      ...lake.storage,
      async head(key) {
        const head = await lake.storage.head(key);
        return head === null || key !== "bronze/b.csv" ? head : { ...head, size: 1e9 };
      },
      async read(key) {
        const reader = await lake.storage.read(key);
        return {
          ...reader,
          pull(into: Uint8Array) {
            const start = pulled === 0 ? `${HEADER}\n${GOOD}\n` : "";
            into.fill(65);
            into.set(Buffer.from(start));
            pulled += into.length;
            return pulled > 1e9 ? 0 : into.length;
          },
        };
      },
    };
    const head = await lake.storage.head("bronze/b.csv");
    if (head === null) throw new Error("bronze was just written");
    const result = await processObject({ ...lake, storage: endless }, "bronzeToSilver", head);
    expect([result.outcome, result.error?.code, result.error?.line]).toEqual(["refused", "row_too_long", 3]);
    expect(pulled).toBeLessThan(4 * 1024 * 1024);
  });

  it("20: a row of exactly the limit passes, one byte more does not, in a large chunk or in small ones", async () => {
    for (const chunkBytes of [64, 256 * 1024]) {
      const settings = { maxRowBytes: 2000, chunkBytes };
      const row = (bytes: number) => `${GOOD.slice(0, -5)}${"C".repeat(bytes - GOOD.length)}C,0.1`;
      expect(row(2000)).toHaveLength(2000);
      for (const end of ["\n", "\r\n", "\r"]) {
        processed(await process(`${HEADER}\n${row(2000)}${end}${GOOD}\n`, { settings }), { silver: 2 });
      }
      refused(await process(file(row(2001), GOOD), { settings }), "row_too_long", { line: 2 });
    }
  });

  it("21: gzip is refused by its first bytes and never inflated", async () => {
    refused(await process(gzipSync(file(GOOD))), "compressed");
  });

  it("22: NaN and Infinity reject the row", async () => {
    for (const value of ["NaN", "Infinity", "-Infinity", "inf"]) {
      await rejectsRow(`${T},FAB-1,${value},C,0.1`, "value_invalid", "value");
    }
  });

  it("23: 1e400 and 1e101 reject the row, 1e100 does not", async () => {
    await rejectsRow(`${T},FAB-1,1e400,C,0.1`, "value_invalid", "value");
    await rejectsRow(`${T},FAB-1,-1e101,C,0.1`, "value_invalid", "value");
    await acceptsRow(`${T},FAB-1,1e100,C,0.1`, "silver");
  });

  it("24: hex, binary and underscores reject the row", async () => {
    for (const value of ["0x10", "0b11", "1_000"]) {
      await rejectsRow(`${T},FAB-1,${value},C,0.1`, "value_invalid", "value");
    }
  });

  it("25: an empty or blank score rejects the row", async () => {
    await rejectsRow(`${T},FAB-1,1,C,`, "anomaly_score_invalid", "anomaly_score");
    await rejectsRow(`${T},FAB-1,1,C,  `, "anomaly_score_invalid", "anomaly_score");
  });

  it("26: a decimal comma rejects the row", () => rejectsRow(`${T},FAB-1,"1,5",C,0.1`, "value_invalid", "value"));

  it("27: Unicode digits and no-break spaces reject the row", async () => {
    await rejectsRow(`${T},FAB-1,\u0661,C,0.1`, "value_invalid", "value");
    await rejectsRow(`${T},FAB-1,\u00a01,C,0.1`, "value_invalid", "value");
  });

  it("28: a plus sign rejects the row", async () => {
    await rejectsRow(`${T},FAB-1,1,C,+0.6`, "anomaly_score_invalid", "anomaly_score");
  });

  it("28: blanks are ignored in reading and kept in the bytes", async () => {
    await acceptsRow(` ${T}\t,FAB-1, 1 ,C, 0.6 `, "anomalies");
  });

  it("29: 0.5 and 0.50000000000000001 are silver, 0.5000000000000001 is an anomaly", async () => {
    await acceptsRow(`${T},FAB-1,1,C,0.5`, "silver");
    await acceptsRow(`${T},FAB-1,1,C,0.50000000000000001`, "silver");
    await acceptsRow(`${T},FAB-1,1,C,0.5000000000000001`, "anomalies");
  });

  it("30: a score of -1 or 7 rejects the row", async () => {
    await rejectsRow(`${T},FAB-1,1,C,-1`, "anomaly_score_out_of_range", "anomaly_score");
    await rejectsRow(`${T},FAB-1,1,C,7`, "anomaly_score_out_of_range", "anomaly_score");
    await rejectsRow(`${T},FAB-1,1,C,1e400`, "anomaly_score_out_of_range", "anomaly_score");
  });

  it("31: ISO with an offset is valid", () => acceptsRow("2025-01-01T00:00:00+02:00,FAB-1,1,C,0.1", "silver"));
  it("32: zoneless with a space is valid", () => acceptsRow("2024-01-01 10:00:00.000,FAB-1,1,C,0.1", "silver"));

  it("33: an epoch of 10 or 13 digits is valid, any other length is not", async () => {
    await acceptsRow("1704067200,FAB-1,1,C,0.1", "silver");
    await acceptsRow("1704067200000,FAB-1,1,C,0.1", "silver");
    for (const digits of ["170406720", "17040672000", "17040672000000"]) {
      await rejectsRow(`${digits},FAB-1,1,C,0.1`, "timestamp_invalid", "timestamp");
    }
  });

  it("34: dates that are none reject the row", async () => {
    for (const time of ["2024-02-30T00:00:00Z", "2023-02-29 00:00:00", "foo 1", "1", ""]) {
      await rejectsRow(`${time},FAB-1,1,C,0.1`, "timestamp_invalid", "timestamp");
    }
  });

  it("35: __proto__ and constructor are devices like any other", async () => {
    const outcome = await process(file(`${T},__proto__,1,C,0.1`, `${T},constructor,2,C,0.9`));
    processed(outcome, { in: 2 });
    expect(outcome.gold).toBe(`${GOLD}\n__proto__,1,1.0,1.0,1.0,0,0.0\nconstructor,1,2.0,2.0,2.0,1,100.0\n`);
  });

  it("36: formulas are kept verbatim in the lake", async () => {
    await acceptsRow(`${T},=cmd(),1,@SUM(A1),0.1`, "silver");
  });

  it("37: escapes, bidi marks and newlines in a device id are kept verbatim in the lake", async () => {
    const id = '"\x1b[31m\u202eFAB\n1"';
    const outcome = await acceptsRow(`${T},${id},1,C,0.1`, "silver");
    expect(outcome.gold).toContain(`${id},1,1.0`);
  });

  it("38: markup is text", () => acceptsRow(`${T},<script>,1,<b>C</b>,0.1`, "silver"));
});
