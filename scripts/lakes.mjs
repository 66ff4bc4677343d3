// Seeded lakes for the dashboard's tests and pictures: made by the built command line, the same at every run but for the hour.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const CLI = resolve("dist/cli.js");
const HEADER = "timestamp,device_id,device_type,location,value,unit,status,anomaly_score";
const HOUR_MS = 3_600_000;

/** Ids that a page must show and nothing else. */
export const HOSTILE = [
  "<img src=x onerror=\"document.title='owned';alert(1)\">",
  '"><script>alert(2)</script>',
  "javascript:alert(3)",
  "\u202egnitset-\u2066LTR",
  "bell\u0007\u001b[31m",
  "</style><svg onload=alert(4)>",
  "..",
  "%3Cb%3E/../?a=1#x",
  `long-${"x".repeat(251)}`,
];

/** mulberry32 (Tommy Ettinger, public domain), as a fraction. */
function random(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const KINDS = [
  { code: "TEM", type: "temperature", unit: "C", base: 24, swing: 6 },
  { code: "HUM", type: "humidity", unit: "%", base: 52, swing: 9 },
  { code: "PRE", type: "pressure", unit: "kPa", base: 101, swing: 2 },
  { code: "VIB", type: "vibration", unit: "mm/s", base: 4, swing: 2 },
];

/** `count` devices of a plant; `failing` of them give far more anomalies than they may. */
export function fleet(count, failing = 0) {
  return Array.from({ length: count }, (_, index) => {
    const kind = KINDS[index % KINDS.length];
    const number = String(Math.floor(index / KINDS.length) + 1).padStart(3, "0");
    const rate = index < failing ? 0.32 + 0.25 * ((index * 7) % 5) * 0.2 : 0.005 + 0.012 * ((index * 13) % 9);
    return {
      ...kind,
      id: `FAB-${kind.code}-${number}`,
      location: `hall-${(index % 3) + 1}`,
      rate,
      offset: (index % 11) - 5,
    };
  });
}

/** A batch of readings that ends at `end` (ms); `invalid` is the share of rows that are no readings. */
export function batch(devices, { rows, seed, end, invalid = 0 }) {
  const next = random(seed);
  const lines = [HEADER];
  for (let row = 0; row < rows; row++) {
    const device = devices[row % devices.length];
    const time = new Date(end - HOUR_MS + (row * HOUR_MS) / rows).toISOString();
    const isAnomaly = next() < device.rate;
    const wave = device.swing * 0.4 * Math.sin((row / rows) * Math.PI * 2 + device.offset);
    const value =
      device.base + device.offset * 0.6 + wave + next() * 0.8 + (isAnomaly ? device.swing * (1.4 + next()) : 0);
    const score = isAnomaly ? 0.6 + next() * 0.39 : next() * 0.35;
    const shown = next() < invalid ? "n/a" : value.toFixed(2);
    const id = /[",\n]/.test(device.id) ? `"${device.id.replaceAll('"', '""')}"` : device.id;
    lines.push([time, id, device.type, device.location, shown, device.unit, "ok", score.toFixed(3)].join(","));
  }
  return `${lines.join("\n")}\n`;
}

/** Ingests files (name → content) into the lake; refused ones are part of it. */
export function ingest(lake, files) {
  const folder = mkdtempSync(join(tmpdir(), "vantageflow-seed-"));
  const paths = Object.entries(files).map(([name, content]) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  });
  try {
    execFileSync(process.execPath, [CLI, "ingest", ...paths, "--lake", lake, "--quiet"], { stdio: "ignore" });
  } catch (error) {
    if (error.status !== 1) throw error;
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Spreads what was just done over the hours before, each batch in the middle of its own. */
function spread(lake, now) {
  const folder = join(lake, "receipts");
  for (const file of readdirSync(folder, { recursive: true })) {
    const hour = file.endsWith(".json") ? /hour-(\d+)/.exec(file)?.[1] : undefined;
    if (hour === undefined) continue;
    const path = join(folder, file);
    const receipt = JSON.parse(readFileSync(path, "utf8"));
    const start = now - (now % HOUR_MS) - Number(hour) * HOUR_MS;
    const started = new Date(start + (hour === "00" ? now % HOUR_MS : HOUR_MS) / 2).toISOString();
    writeFileSync(path, JSON.stringify({ ...receipt, started, duration_ms: receipt.duration_ms + ((hour * 37) % 90) }));
  }
}

/** A day of a plant, one batch an hour, with a gap of three. */
function seedDay(lake, devices, { now, rows, invalid }) {
  const files = {};
  for (let hour = 0; hour < 24; hour++) {
    if (hour >= 14 && hour < 17) continue;
    const count = Math.round(rows * (0.55 + 0.45 * Math.sin(((hour + 3) / 24) * Math.PI * 2) ** 2));
    const name = `hour-${String(hour).padStart(2, "0")}.csv`;
    files[name] = batch(devices, { rows: count, seed: hour + 1, end: now - hour * HOUR_MS, invalid });
  }
  ingest(lake, files);
  spread(lake, now);
}

/** Devices with a past of a week, a reading every ten minutes, and what befell some of them so many hours before the end. */
const PASTS = [
  { id: "FAB-TEM-001", unit: "C", base: 24, odd: (hours) => (hours === 2 ? 19 : 0), scored: [2, 9] },
  { id: "FAB-TEM-002", unit: "C", base: 22, odd: (hours) => (hours < 5 ? 6 : 0), scored: [] },
  { id: "FAB-HUM-001", unit: "%", base: 52, odd: (hours) => (hours === 30 ? -40 : 0), scored: [] },
  { id: "FAB-PRE-001", unit: "kPa", base: 101, odd: () => 0, scored: [14] },
  { id: "FAB-VIB-001", unit: "mm/s", base: 4, odd: (hours) => (hours === 3 ? 12 : 0), scored: [] },
  { id: "FAB-NEW-001", unit: "C", base: 20, odd: () => 0, scored: [], readings: 40 },
];

function past({ id, unit, base, odd, scored, readings = 1008 }, now, seed) {
  const next = random(seed);
  return Array.from({ length: readings }, (_, index) => {
    const back = readings - 1 - index;
    const noise = next() + next() + next() - 1.5;
    const value = base + noise + (odd(back / 6) ?? 0);
    const score = scored.includes(back / 6) ? 0.9 : 0.1 + next() * 0.2;
    const time = new Date(now - (now % 60_000) - back * 600_000).toISOString();
    return `${[time, id, "sensor", "hall-1", value.toFixed(2), unit, "ok", score.toFixed(3)].join(",")}\n`;
  }).join("");
}

/** Runs a command on a lake. */
function run(lake, ...command) {
  execFileSync(process.execPath, [CLI, ...command, "--lake", lake, "--quiet"], { stdio: "ignore" });
}

const MAKERS = {
  empty() {},
  healthy(lake, now) {
    seedDay(lake, fleet(48), { now, rows: 2600, invalid: 0.001 });
  },
  "on-fire"(lake, now) {
    seedDay(lake, fleet(64, 6), { now, rows: 2600, invalid: 0.07 });
    ingest(lake, {
      "line-3.csv": "timestamp,device_id,value\n2026-01-01T00:00:00Z,FAB-TEM-001,20\n",
      "line-4.csv": Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
      "line-5.csv": `${HEADER}\n2026-01-01T00:00:00Z,FAB-TEM-001,temperature,hall-1,"20,C,ok,0.1\n`,
    });
    writeFileSync(join(lake, "bronze/manifest.json"), "{}\n");
    for (const number of [1, 2, 3]) {
      const late = batch(fleet(8), { rows: 80, seed: 90 + number, end: now });
      writeFileSync(join(lake, `bronze/late-${number}.csv`), late);
    }
  },
  detected(lake, now) {
    const rows = PASTS.map((device, index) => past(device, now, index + 1)).join("");
    ingest(lake, { "week.csv": `${HEADER}\n${rows}` });
    run(lake, "tables", "sync");
    run(lake, "detect");
    const why = "the bearing was exchanged, and runs in until Friday";
    run(lake, "detect", "mute", "FAB-VIB-001", "--from", "24h", "--why", why, "--by", "shift B");
  },
  thousand(lake, now) {
    ingest(lake, { "thousand.csv": batch(fleet(1000, 12), { rows: 20_000, seed: 5, end: now }) });
  },
  hostile(lake, now) {
    const devices = fleet(HOSTILE.length, 5).map((device, index) => ({ ...device, id: HOSTILE[index] }));
    ingest(lake, {
      "<img src=x onerror=alert(5)>.csv": batch(devices, { rows: 400, seed: 6, end: now, invalid: 0.1 }),
      "<b>bold<b>.csv": "<script>alert(6)</script>,device_id\n1,2\n",
    });
  },
};

/** Makes the lake `empty`, `healthy`, `on-fire`, `detected` (with detections), `thousand` (devices) or `hostile` in a new directory. */
export function makeLake(kind, directory, now = Date.now()) {
  mkdirSync(directory, { recursive: true });
  MAKERS[kind](directory, now);
  return directory;
}
