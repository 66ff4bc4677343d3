import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { NO_ROWS } from "../../src/ledger/receipts.ts";
import { type Findings, healthOf } from "../../src/monitor/health.ts";
import type { AlarmState, Totals } from "../../src/monitor/overview.ts";

const QUIET: Totals = {
  batches: 0,
  done: 0,
  refused: 0,
  failed: 0,
  rows: NO_ROWS,
  anomaly_percentage: null,
  reject_percentage: null,
  duration_ms: null,
};
const NOW = Date.parse("2026-03-10T12:00:00Z");
const VERIFIED = {
  ...{ time: "2026-03-08T12:00:00.000Z", code: "1", prefix: null, failed: 0, table: 0 },
  counts: { intact: 9, changed: 0, missing: 0, orphaned: 0, unknown: 0, stale: 0 },
};
const WELL: Findings = {
  lastDay: QUIET,
  allRejected: [],
  unterminated: [],
  work: { waiting: 0, oldest_seconds: null },
  outdated: 0,
  openLetters: 0,
  orphans: { keys: [], complete: true },
  verified: null,
  table: null,
  detections: null,
  doors: [],
  left: [],
  time: NOW,
  ignored: [],
  contracts: { problem: null, all: [], waiting: new Map(), contested: [] },
  devices: { critical: 0, critical_devices: [] },
  alarms: [],
};
const DETECTIONS = {
  ...{ version: 1, readings_version: 1, behind: 0, one_in_days: 30, devices: 1, learned: 1 },
};
const DEVICE = {
  ...{ device_id: "D", batches: 1, total_readings: 10, avg_value: 1, min_value: 1, max_value: 1 },
  ...{ anomaly_count: 4, anomaly_percentage: 40 },
};
const alarm = (name: AlarmState["name"], state: AlarmState["state"] = "ALARM"): AlarmState => ({
  ...{ name, function: name.startsWith("High") ? "vantageflow-process-iot" : null, state },
  ...{ value: 12.34, threshold: 5, unit: name === "CostExceeded" ? "USD" : "percent", period_seconds: 300 },
});
const allRejected = (key: string) => ({ key, rows: { ...NO_ROWS, in: 4, rejects: 3, blank: 1 } });
const rejected = (rejects: number): Totals => ({
  ...QUIET,
  rows: { ...NO_ROWS, in: 1000, rejects },
  reject_percentage: rejects / 10,
});

const judge = (findings: Partial<Findings>, lake = "./lake") => healthOf(lake, { ...WELL, ...findings });

describe("the verdict", () => {
  it("is that of the worst reason, each with its number and the command that helps", () => {
    const cases: [Partial<Findings>, string, string, string][] = [
      [{ openLetters: 1 }, "unhealthy", "1 dead letter is open", "vantageflow dlq list"],
      [{ openLetters: 2 }, "unhealthy", "2 dead letters are open", "vantageflow dlq list"],
      [
        { work: { waiting: 3, oldest_seconds: 1080 } },
        "unhealthy",
        "3 objects wait, the oldest for 18m",
        "vantageflow run",
      ],
      [
        { alarms: [alarm("HighErrorRate")] },
        "unhealthy",
        "HighErrorRate of vantageflow-process-iot: ALARM, 12.3 % is above 5 %",
        "vantageflow dlq list --all",
      ],
      [
        { alarms: [alarm("HighDuration")] },
        "unhealthy",
        "HighDuration of vantageflow-process-iot: ALARM, 12.3 % is above 5 %",
        "vantageflow status --json",
      ],
      [
        { alarms: [alarm("CostExceeded")] },
        "degraded",
        "CostExceeded: ALARM, $12.34 a month is above $5.00 a month",
        "vantageflow cost",
      ],
      [
        { devices: { critical: 1, critical_devices: [DEVICE] } },
        "degraded",
        "D has more than 30 % anomalies",
        "vantageflow report",
      ],
      [
        { devices: { critical: 9, critical_devices: [DEVICE] } },
        "degraded",
        "9 devices have more than 30 % anomalies",
        "vantageflow report",
      ],
      [
        { lastDay: rejected(51) },
        "degraded",
        "5.1 % of the rows of the last 24 hours were rejected",
        "vantageflow status --json",
      ],
      [
        { unterminated: ["bronze/my pump.csv"] },
        "degraded",
        "The last row of bronze/my pump.csv has no line end: it may have been cut off",
        "vantageflow explain 'bronze/my pump.csv'",
      ],
      [
        { unterminated: ["bronze/a.csv", "bronze/b.csv"] },
        "degraded",
        "The last rows of 2 batches have no line end, as in bronze/a.csv: they may have been cut off",
        "vantageflow explain bronze/a.csv",
      ],
      [
        { verified: { ...VERIFIED, counts: { ...VERIFIED.counts, changed: 1, missing: 2 } } },
        "unhealthy",
        "the verify of 2d ago found 1 changed, 2 missing",
        "vantageflow verify --fix",
      ],
      [
        { table: { problem: "its log has a gap" } },
        "degraded",
        "the table of readings cannot be read",
        "vantageflow verify --prefix tables/",
      ],
      [
        { detections: { newest: null, problem: "its log has a gap" } },
        "degraded",
        "the table of detections cannot be read",
        "vantageflow detect",
      ],
      [
        { detections: { newest: DETECTIONS, problem: "no record of mutes" } },
        "degraded",
        "what is muted of detections cannot be read",
        "vantageflow detect mutes",
      ],
      [
        { verified: { ...VERIFIED, table: 1 } },
        "unhealthy",
        "the verify of 2d ago found 1 fault of the table of readings",
        "vantageflow tables sync --rebuild",
      ],
      [
        { verified: { ...VERIFIED, failed: 1 } },
        "unhealthy",
        "the verify of 2d ago found 1 batch that could not be read",
        "vantageflow verify --fix",
      ],
      [
        { orphans: { keys: ["gold/a.csv"], complete: true } },
        "degraded",
        "1 output is orphaned: its bronze was renamed, moved or removed",
        "vantageflow verify --fix",
      ],
      [
        { orphans: { keys: ["gold/a.csv", "silver/a.csv"], complete: false } },
        "degraded",
        "at least 2 outputs are orphaned: their bronze was renamed, moved or removed",
        "vantageflow verify --fix",
      ],
      [
        { outdated: 12 },
        "degraded",
        "12 batches carry other times than when processed (chmod, cp): a run looks whether the bytes are others",
        "vantageflow run",
      ],
      [
        { allRejected: [allRejected("bronze/a b.csv")] },
        "degraded",
        "All 3 rows of bronze/a b.csv were rejected",
        "vantageflow explain 'bronze/a b.csv'",
      ],
      [
        { allRejected: ["bronze/b.csv", "bronze/a.csv"].map(allRejected) },
        "degraded",
        "All rows of 2 batches were rejected, as those of bronze/b.csv",
        "vantageflow explain bronze/b.csv",
      ],
      [
        {
          contracts: {
            problem: 'Cannot read "contracts/a.json": it is no contract. Mend it.',
            all: [],
            waiting: new Map(),
            contested: [],
          },
        },
        "unhealthy",
        'no batch of bronze is processed: Cannot read "contracts/a.json": it is no contract. Mend it',
        "vantageflow contract list",
      ],
      [
        {
          contracts: {
            problem: null,
            all: [],
            waiting: new Map([["station", ["bronze/a.dat", "bronze/b.dat"]]]),
            contested: [],
          },
          ignored: [{ key: "bronze/a.dat" }, { key: "bronze/b.dat" }],
        },
        "degraded",
        '2 batches wait for the contract "station", which was removed',
        "vantageflow contract apply FILE",
      ],
      [
        {
          contracts: {
            problem: null,
            all: [],
            waiting: new Map([
              ["station", ["bronze/a.dat"]],
              ["pump", ["bronze/p.csv"]],
            ]),
            contested: [],
          },
        },
        "degraded",
        "2 batches wait for 2 contracts, which were removed",
        "vantageflow contract apply FILE",
      ],
      [
        {
          contracts: {
            problem: null,
            all: [],
            waiting: new Map(),
            contested: [{ names: ["a", "zzz"], keys: ["bronze/a.dat", "bronze/b.dat"] }],
          },
          ignored: [{ key: "bronze/a.dat" }, { key: "bronze/b.dat" }],
        },
        "degraded",
        '2 batches wait: the contracts "a" and "zzz" both claim them',
        "vantageflow contract remove NAME",
      ],
      [{ ignored: [{ key: "bronze/a.txt" }] }, "degraded", "1 file is ignored", "vantageflow run --dry-run"],
      [
        { ignored: [{ key: "silver/a.txt" }, { key: "gold/junk.csv" }] },
        "degraded",
        "2 files are ignored",
        "vantageflow status --json",
      ],
    ];
    const page = readFileSync("docs/monitoring.md", "utf8");
    for (const [findings, verdict, message, next] of cases) {
      const health = judge(findings);
      expect(page).toContain(`| ${verdict} | \`${health.reasons[0].code}\` |`);
      expect([health.verdict, health.reasons.length]).toEqual([verdict, 1]);
      expect(health.reasons[0]).toMatchObject({ verdict, message, next });
    }
  });

  it("is healthy up to each threshold", () => {
    for (const findings of [
      {},
      { work: { waiting: 1, oldest_seconds: 900 } },
      { lastDay: rejected(50) },
      { verified: { ...VERIFIED, counts: { ...VERIFIED.counts, orphaned: 1, unknown: 1, stale: 1 } } },
      { alarms: [alarm("HighErrorRate", "OK"), alarm("CostExceeded", "OK")] },
    ]) {
      expect(judge(findings)).toMatchObject({ verdict: "healthy", reasons: [] });
    }
  });

  it("has its reasons worst first, and says once that work is overdue", () => {
    const { verdict, reasons } = judge({
      lastDay: rejected(500),
      allRejected: [allRejected("bronze/a.csv")],
      unterminated: ["bronze/a.csv"],
      ...{ openLetters: 1, ignored: [{ key: "gold/a.csv" }], work: { waiting: 1, oldest_seconds: 901 } },
      devices: { critical: 1, critical_devices: [DEVICE] },
      alarms: [alarm("CostExceeded"), alarm("WorkOverdue"), alarm("HighErrorRate")],
    });
    expect(verdict).toBe("unhealthy");
    expect(reasons.map(({ code, verdict }) => `${verdict} ${code}`)).toEqual([
      "unhealthy dead_letters_open",
      "unhealthy work_overdue",
      "unhealthy alarm",
      "degraded devices_critical",
      "degraded alarm",
      "degraded all_rows_rejected",
      "degraded rows_rejected",
      "degraded last_line_unterminated",
      "degraded objects_ignored",
    ]);
  });

  it("names a lake that is not the default in the commands, as a shell takes it", () => {
    const [{ next }] = judge({ openLetters: 1 }, "my lake").reasons;
    expect(next).toBe("vantageflow dlq list --lake 'my lake'");
  });
});
