import { describe, expect, it } from "vitest";
import { checkFunctions, suffixesUnder, topology, triggeredBy } from "../src/topology.ts";
import { rulesOf, runsPerHour, type StartedBy, type Trigger } from "../src/triggers.ts";
import { withThird } from "./third-function.ts";

describe("triggers", () => {
  const { bronzeToSilver, silverToGold } = topology.functions;
  const withTrigger = (trigger: Partial<Trigger>, writes = silverToGold.writes) => ({
    ...topology,
    functions: {
      ...topology.functions,
      silverToGold: { ...silverToGold, writes, startedBy: { ...silverToGold.startedBy, ...trigger } },
    },
  });

  it("that overlap are refused, as AWS does", () => {
    for (const trigger of [{ prefix: "bronze/" }, { prefix: "bronze/x/" }, { prefix: "" }]) {
      expect(() => checkFunctions(withTrigger(trigger))).toThrow("overlap");
    }
    for (const trigger of [{ prefix: "bronze/", events: ["s3:ObjectRemoved:*"] }, { prefix: "anomalies/" }]) {
      expect(() => checkFunctions(withTrigger(trigger))).not.toThrow();
    }
  });

  it("whose suffixes overlap are refused, as AWS does: one is the end of another", () => {
    for (const suffixes of [
      [".csv", "v"],
      [".csv", ".csv"],
      ["", ".CSV"],
    ]) {
      expect(() => checkFunctions({ ...topology, suffixes })).toThrow("overlap");
    }
    expect(() => checkFunctions({ ...topology, suffixes: [".csv", ".CSV", ".Csv"] })).not.toThrow();
    expect(() => checkFunctions({ ...topology, suffixes: [...topology.suffixes, ".csv.gz"] })).toThrow(
      'Cannot use the topology: the triggers "bronze-trigger-12" (bronze/*.gz) and "bronze-trigger-14" (bronze/*.csv.gz) overlap: an object could match both. Keep them apart.',
    );
  });

  it("that need more rules than a bucket has are refused", () => {
    const suffixes = (count: number) => [".csv", ".CSV", ...Array.from({ length: count - 2 }, (_, i) => `.${i + 100}`)];
    expect(() => checkFunctions({ ...topology, suffixes: suffixes(98) })).not.toThrow();
    expect(() => checkFunctions({ ...topology, suffixes: suffixes(99) })).toThrow(
      "Cannot use the topology: it needs 101 rules, one for each trigger and suffix, and a bucket has 100 at most. Leave out suffixes that no source has.",
    );
  });

  it("of one id are refused, as AWS does, also where it is one that is generated", () => {
    for (const id of ["bronze-trigger", "bronze-trigger-2"]) {
      expect(() => checkFunctions(withTrigger({ id }))).toThrow(
        `Cannot use the topology: two rules have the id "${id}", and S3 refuses that: the rule of a trigger's second suffix has the trigger's id and -2. Give the triggers other ids.`,
      );
    }
    const onLogs = { ...silverToGold.startedBy, id: "silver-trigger-2", prefix: "logs/" };
    expect(() => checkFunctions(withThird({ startedBy: onLogs, reads: ["logs/"] }))).toThrow(
      'the id "silver-trigger-2"',
    );
    const onTables = { ...onLogs, id: "silver-trigger-3" };
    expect(() => checkFunctions(withThird({ startedBy: onTables, reads: ["logs/"] }))).not.toThrow();
  });

  it("are rules of S3 with one suffix and an id of their own each", () => {
    const rules = [bronzeToSilver, silverToGold].flatMap(({ startedBy }) =>
      rulesOf(startedBy, suffixesUnder(startedBy.prefix)),
    );
    const later = topology.suffixes.slice(2).map((suffix, i) => [`bronze-trigger-${i + 3}`, "bronze/", suffix]);
    expect(later.length).toBeGreaterThan(5);
    expect(rules.map(({ id, prefix, suffix }) => [id, prefix, suffix])).toEqual([
      ["bronze-trigger", "bronze/", ".csv"],
      ["bronze-trigger-2", "bronze/", ".CSV"],
      ...later,
      ["silver-trigger", "silver/", ".csv"],
      ["silver-trigger-2", "silver/", ".CSV"],
    ]);
  });

  it("that set each other off for ever are refused", () => {
    for (const writes of [["silver/"], ["silver/again/"], ["bronze/"], [""]]) {
      expect(() => checkFunctions(withTrigger({}, writes))).toThrow("go round for ever");
    }
  });

  it("fire for the events, prefixes and suffixes they name", () => {
    expect(triggeredBy("bronze/a.csv")).toBe("bronzeToSilver");
    expect(triggeredBy("silver/a.CSV")).toBe("silverToGold");
    expect(triggeredBy("silver/x/a.csv", "ObjectCreated:CompleteMultipartUpload")).toBe("silverToGold");
    expect(triggeredBy("bronze/station/a.dat")).toBe("bronzeToSilver");
    for (const [key, event] of [
      ["bronze/a.xlsx", "ObjectCreated:Put"],
      ["silver/a.dat", "ObjectCreated:Put"],
      ["gold/a.csv", "ObjectCreated:Put"],
      ["bronze/a.csv", "ObjectRemoved:Delete"],
      ["bronze/a.csv", "ObjectCreatedX"],
    ]) {
      expect([key, event, triggeredBy(key, event)]).toEqual([key, event, null]);
    }
  });
});

describe("a function that is added", () => {
  const { silverToGold } = topology.functions;
  it("on silver, is no overlap when the clock starts it, and one when objects do", () => {
    expect(() => checkFunctions(withThird())).not.toThrow();
    expect(() => checkFunctions(withThird({ startedBy: { ...silverToGold.startedBy, id: "third-trigger" } }))).toThrow(
      'Cannot use the topology: the triggers "silver-trigger" (silver/*.csv) and "third-trigger" (silver/*.csv) overlap: an object could match both. Keep them apart.',
    );
  });

  it("may be started by a stream or a request, and by nothing that nobody knows", () => {
    for (const startedBy of [topology.functions.stream.startedBy, { kind: "request", path: "/readings" }] as const) {
      expect(() => checkFunctions(withThird({ startedBy }))).not.toThrow();
    }
    for (const path of ["", "/", "readings", "/a/", "/a//b", "/{proxy+}", "/a b"]) {
      expect(() => checkFunctions(withThird({ startedBy: { kind: "request", path } })), path).toThrow(
        `"vantageflow-sync-tables" answers requests at "${path}", and that is no path. Write /api/v1.`,
      );
    }
    for (const [wrong, why] of [
      [{ stream: "-a" }, 'is started by the stream "-a", and none is called so. Letters'],
      [{ batchSize: 10_001 }, "has the batchSize 10001, and Lambda takes 1 to 10000."],
      [{ windowSeconds: 0.5 }, "has the windowSeconds 0.5, and Lambda takes 0 to 300."],
      [{ maxRecordAgeSeconds: -1 }, "has the maxRecordAgeSeconds -1, and Lambda takes 60 to 604800."],
    ] as const) {
      const startedBy = { ...topology.functions.stream.startedBy, ...wrong };
      expect(() => checkFunctions(withThird({ startedBy }))).toThrow(`"vantageflow-sync-tables" ${why}`);
    }
    const startedBy = { kind: "cron", rate: "1" } as unknown as StartedBy;
    expect(() => checkFunctions(withThird({ startedBy }))).toThrow(
      'Cannot use the topology: "vantageflow-sync-tables" is started by "cron", and nothing is. Use one of object, schedule, stream, request.',
    );
  });

  it("is refused where it would start itself or go round by way of another", () => {
    const onGold = { ...silverToGold.startedBy, id: "gold-trigger", prefix: "gold/" };
    expect(() => checkFunctions(withThird({ startedBy: onGold, reads: ["gold/"], writes: ["gold/again/"] }))).toThrow(
      "Cannot use the topology: vantageflow-sync-tables -> vantageflow-sync-tables would go round for ever. Write elsewhere.",
    );
    for (const prefix of ["receipts/", "receipts/vantageflow-process-iot/", "dead-letter/"]) {
      const startedBy = { ...silverToGold.startedBy, id: "ledger-trigger", prefix };
      expect(() => checkFunctions(withThird({ startedBy, reads: [prefix] }))).toThrow(
        `Cannot use the topology: "vantageflow-sync-tables" is started by objects in "${prefix}", where every function writes: it would go round for ever. Start it by other objects or by the clock.`,
      );
    }
    expect(() => checkFunctions(withThird({ startedBy: onGold, reads: ["gold/"], writes: ["silver/"] }))).toThrow(
      "vantageflow-silver-to-gold -> vantageflow-sync-tables -> vantageflow-silver-to-gold would go round for ever",
    );
    expect(() => checkFunctions(withThird({ startedBy: onGold, reads: ["gold/"], writes: ["tables/"] }))).not.toThrow();
  });

  it("is refused with a prefix that no layer has, and with objects that it does not read", () => {
    expect(() => checkFunctions(withThird({ reads: ["silvr/"] }))).toThrow(
      /^Cannot use the topology: "vantageflow-sync-tables" reads "silvr\/", and no layer has it\. Use one of bronze\/, silver\/, .*, tables\/, .*\/\.$/,
    );
    expect(() => checkFunctions(withThird({ writes: ["table"] }))).toThrow(
      '"vantageflow-sync-tables" writes "table", and no layer has it',
    );
    const onLogs = { ...silverToGold.startedBy, id: "logs-trigger", prefix: "logs/" };
    expect(() => checkFunctions(withThird({ startedBy: onLogs }))).toThrow(
      '"vantageflow-sync-tables" is started by objects in "logs/" and does not read them. Add it to its reads.',
    );
  });

  it("is refused without a name of its own that a folder in receipts/ can have", () => {
    for (const name of ["failed", "verify", "a/b", "", "vantageflow-process-iot"]) {
      expect(() => checkFunctions(withThird({ name }))).toThrow(
        `Cannot use the topology: a function has the name "${name}". Give it one of its own, of letters, digits, "-" and "_", beside failed and verify, which have folders in receipts/ already.`,
      );
    }
    expect(() => checkFunctions(withThird({ name: "failed-again" }))).not.toThrow();
  });

  it("by the clock, has a rate that says how often", () => {
    const rates = ["rate(15 minutes)", "rate(1 minute)", "rate(1 hour)", "rate(2 days)"];
    expect(rates.map(runsPerHour)).toEqual([4, 60, 1, 1 / 48]);
    for (const rate of ["rate(0 minutes)", "rate(15)", "15 minutes", "cron(0 3 * * ? *)", "rate(1 week)", ""]) {
      expect(() => checkFunctions(withThird({ startedBy: { kind: "schedule", rate } }))).toThrow(
        `"vantageflow-sync-tables" is started at "${rate}", and that is no rate. Write rate(15 minutes).`,
      );
    }
  });
});
