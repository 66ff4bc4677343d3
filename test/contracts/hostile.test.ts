import { describe, expect, it } from "vitest";
import { cli, folder, tree } from "../cli/run-cli.ts";
import { ingested } from "./hostile-runs.ts";
import { csv, each, HEAD, HOSTILE, row, ruled, time } from "./hostile-sources.ts";
import { contractOf } from "./made.ts";

/**
 * Sources that are meant to break whoever reads them. Each ends with what is right or with a clear error, in bounded memory,
 * and nothing is lost: bronze is as it came, and of what is refused the dead letter says why and nothing else was made.
 */

/** Of a process whose heap is 96 MB: generous, for what is unbounded takes gigabytes here. */
const MOST_MB = 300;

describe("hostile sources end in bounded memory, and nothing of them is lost", () => {
  it.each(HOSTILE)("$source", async ({ contract, bytes, isFile, refused, rows }) => {
    const { batch, code, peakMb, isWhole, keys, text } = await ingested(contractOf(contract), bytes(), isFile);
    expect(isWhole).toBe(true);
    expect(peakMb).toBeLessThan(MOST_MB);
    const made = keys.filter((key) => /^(silver|anomalies|gold)\//.test(key));
    const letters = keys.filter((key) => key.startsWith("dead-letter/"));
    if (refused !== undefined) {
      expect([code, batch.outcome, batch.error?.code]).toEqual([1, "refused", refused]);
      expect(made).toEqual([]);
      expect(letters).toHaveLength(1);
      expect(text(letters[0])).toContain(refused);
      return;
    }
    expect([code, batch.error, letters]).toEqual([0, null, []]);
    expect([batch.silver, batch.anomalies, batch.rejects, batch.blank]).toEqual(rows);
    expect(batch.rows_in).toBe(rows?.reduce((a, b) => a + b));
    expect(made.some((key) => key.startsWith("gold/"))).toBe(true);
  });
});

describe("a contract of 256 KiB", () => {
  const rules = (count: number) =>
    Array.from({ length: count }, (_, i) => ruled("reject", { name: `rule ${i}`, devices: `d${i}-*`, max: i }));
  const sized = (bytes: number) => {
    const contract = contractOf({ ...csv(), rules: rules(1000) });
    return contract.replace(/}$/, `,"description":"${"x".repeat(bytes - Buffer.byteLength(contract) - 17)}"}`);
  };

  it("judges by each of its rules", async () => {
    const contract = sized(256 * 1024);
    expect(Buffer.byteLength(contract)).toBe(256 * 1024);
    const { batch } = await ingested(
      contract,
      each(HEAD, 2000, (i) => `${time(i)},d${i % 1000}-x,${i % 1000}.5\n`),
    );
    expect([batch.silver, batch.rejects]).toEqual([0, 2000]);
  });

  it("is the largest there is: of a larger one nothing lands", async () => {
    const cwd = folder({ "proof.json": sized(256 * 1024 + 1), "a.csv": HEAD + row(1) });
    const { code, stderr } = await cli(["ingest", "--contract", "proof.json", "a.csv"], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/256/)]);
    expect(tree(`${cwd}/lake`)).toEqual({});
  });
});
