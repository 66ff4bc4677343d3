import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { measure, usageOf } from "../../src/cost/usage.ts";
import { createHandler } from "../../src/functions/handler.ts";
import { sweep } from "../../src/functions/sweep.ts";
import { outputKeys } from "../../src/ledger/layers.ts";
import { planRun } from "../../src/ledger/pending.ts";
import { type Receipt, readReceipts } from "../../src/ledger/receipts.ts";
import { s3PutEvent } from "../../src/ledger/s3-event.ts";
import { byFunction, FUNCTION_IDS, topology } from "../../src/topology.ts";
import { HEADER, ODD, ROW } from "../cli/run-cli.ts";
import { createLake, put } from "../pipeline/lake.ts";
import { startBucketLake } from "../s3/lake.ts";

/** The requests that are counted for the functions, held to those that they make of a real server. */

const NOW = Date.parse("2026-03-01T12:00:00Z");
const DAY = 86_400_000;
const OLD = { key: "bronze/old.csv", size: 1, modified: NOW - 20 * DAY };

/** A lake on a real server, and what was asked of that; not the first question to a server, which is asked once per container. */
async function startLake() {
  const { server, bucket, storage } = await startBucketLake();
  return {
    storage,
    context: { ...createLake(), storage, bucket, stage: "dev", log: () => {}, now: () => NOW },
    /** How many requests of each method something makes, LIST among them. */
    async requestsOf(work: () => Promise<unknown>): Promise<(method: string) => number> {
      const before = server.requests.length;
      await work();
      const made = server.requests.slice(before).filter((request) => !request.endsWith("/conditions"));
      return (method) => made.filter((request) => request.replace("GET ?", "LIST ").startsWith(`${method} `)).length;
    },
  };
}

/** What the estimate takes a receipt's invocation for. */
function countedFor(receipt: Receipt) {
  const counted = measure({ ...receipt, started: new Date(NOW).toISOString() });
  if (counted === null) throw new Error("the receipt counts for nothing");
  const { requests } = usageOf({ objects: [OLD], invocations: [{ ...counted, ended: NOW }], now: NOW });
  return { puts: counted.puts, gets: requests.get };
}

it("the functions' requests are those that they make of a real server", async () => {
  const { storage, context, requestsOf } = await startLake();
  const page = readFileSync("docs/s3.md", "utf8");
  for (const [name, text] of [
    ["clean", HEADER + ROW + ODD],
    ["rejects", `${HEADER}${ROW}x\n`],
  ]) {
    await put(storage, `bronze/${name}.csv`, text);
    for (const id of FUNCTION_IDS) {
      const { startedBy, name: fn } = topology.functions[id];
      const found = await storage.head(`${startedBy.prefix}${name}.csv`);
      if (found === null) throw new Error("the stage before wrote nothing");
      const event = s3PutEvent(context.bucket, found, startedBy.id);
      const count = await requestsOf(() => createHandler(context, id)(event));
      const [done] = await readReceipts(storage, fn, found.key);
      const { puts, gets } = countedFor(done);
      expect([id, name, puts]).toEqual([id, name, count("PUT") + count("LIST")]);
      // Behind its rejects, a batch's source is looked at once more; the estimate leaves it out.
      const more = id === "bronzeToSilver" && name === "rejects" ? 1 : 0;
      expect([id, name, gets + more]).toEqual([id, name, count("GET") + count("HEAD")]);
      if (name === "clean") {
        const row = `| \`${fn}\`, one batch | ${count("PUT")} | ${count("LIST")} | ${count("GET")} | ${count("HEAD")} |`;
        expect(page).toContain(row);
      }
    }
  }
});

it("a contract is one GET more of the first batch in a container; a name that is not CSV's is one HEAD more of each", async () => {
  const { storage, context, requestsOf } = await startLake();
  const folder = "test/contracts/cases/toa5";
  const handlers = byFunction((id) => createHandler(context, id));
  /** PUT, LIST, GET and HEAD of each function. */
  async function countsOf(name: string, bytes: string | Buffer) {
    await put(storage, `bronze/${name}`, bytes);
    const counts: number[][] = [];
    for (const id of FUNCTION_IDS) {
      const { startedBy } = topology.functions[id];
      const { silver } = outputKeys(`bronze/${name}`);
      const found = await storage.head(startedBy.prefix === "bronze/" ? `bronze/${name}` : silver);
      const event = s3PutEvent(context.bucket, found!, startedBy.id);
      const count = await requestsOf(async () => {
        expect((await handlers[id](event)).batches).toMatchObject([{ outcome: "done" }]);
      });
      counts.push(["PUT", "LIST", "GET", "HEAD"].map(count));
    }
    return counts;
  }
  const [split, aggregate] = await countsOf("plain.csv", HEADER + ROW);
  await put(storage, "contracts/station.json", readFileSync(`${folder}/contract.json`));
  const more = (counts: number[], gets: number, heads: number) => [
    ...counts.slice(0, 2),
    counts[2] + gets,
    counts[3] + heads,
  ];
  const source = readFileSync(`${folder}/source.dat`);
  expect(await countsOf("station/1.dat", source)).toEqual([more(split, 1, 1), aggregate]);
  expect(await countsOf("station/2.dat", source)).toEqual([more(split, 0, 1), aggregate]);
});

it("a sweep of a small lake is the listings that are counted for it, which is what each look of watch is", async () => {
  const { storage, context, requestsOf } = await startLake();
  const { tables, detect } = topology.functions;
  const unlisted = <T>(one: T) => ({ ...one, startedBy: { kind: "request" as const, path: "/" } });
  const others = { tables: unlisted(tables), detect: unlisted(detect) };
  const alone = { ...topology, functions: { ...topology.functions, ...others } };
  const perSweep = usageOf({ objects: [OLD], invocations: [], now: NOW }, alone).requests.put / 96;
  const failures = createLake().storage;
  const swept = await requestsOf(() => sweep({ ...context, failures, invoke: async () => {} }));
  const looked = await requestsOf(() => planRun(storage));
  expect([swept("LIST"), looked("LIST")]).toEqual([perSweep, perSweep]);
  expect(readFileSync("docs/s3.md", "utf8")).toContain(`Each look at an idle lake costs ${perSweep} LIST requests`);
});
