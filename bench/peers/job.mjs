import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";

const COLUMNS = ["timestamp", "device_id", "value", "unit", "anomaly_score"];
const TIMESTAMP =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d{2}:?\d{2})?$/;
const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const BATCH = 64 * 1024;

/**
 * The job that the JavaScript parsers share: fields go in, silver, anomalies, rejects and gold come out. Written as
 * one would who wants it fast: rows as arrays, a Map of devices, lines gathered into blocks, no promise for each row.
 * @param {string} out directory
 */
export function createJob(out) {
  const silver = createSink(join(out, "silver.csv"));
  const anomalies = createSink(join(out, "anomalies.csv"));
  const rejects = createSink(join(out, "rejects.csv"));
  const sinks = [silver, anomalies, rejects];
  /** @type {Map<string, { count: number, sum: number, min: number, max: number, anomalies: number }>} */
  const devices = new Map();
  let width = 0;
  let time = 0;
  let device = 0;
  let reading = 0;
  let rating = 0;

  /** @param {string[]} names */
  function header(names) {
    [time, device, reading, , rating] = COLUMNS.map((column) => names.indexOf(column));
    width = names.length;
    for (const sink of sinks) sink.line(names);
  }

  /**
   * Takes one row; false when the caller should wait for {@link drained}.
   * @param {string[]} fields
   */
  function row(fields) {
    if (width === 0) {
      header(fields);
      return true;
    }
    const score = fields[rating];
    const value = Number(fields[reading]);
    const valid =
      fields.length === width &&
      TIMESTAMP.test(fields[time]) &&
      fields[device] !== "" &&
      DECIMAL.test(fields[reading]) &&
      Number.isFinite(value) &&
      DECIMAL.test(score) &&
      Number(score) >= 0 &&
      Number(score) <= 1;
    if (!valid) return rejects.line(fields);
    const anomaly = Number(score) > 0.5;
    count(fields[device], value, anomaly);
    return anomaly ? anomalies.line(fields) : silver.line(fields);
  }

  function count(id, value, anomaly) {
    let d = devices.get(id);
    if (d === undefined) {
      d = { count: 0, sum: 0, min: value, max: value, anomalies: 0 };
      devices.set(id, d);
    }
    d.count++;
    d.sum += value;
    if (value < d.min) d.min = value;
    if (value > d.max) d.max = value;
    if (anomaly) d.anomalies++;
  }

  async function drained() {
    await Promise.all(sinks.map((sink) => sink.drained()));
  }

  async function end() {
    await Promise.all(sinks.map((sink) => sink.end()));
    let text = "device_id,total_readings,avg_value,min_value,max_value,anomaly_count,anomaly_percentage\n";
    for (const [id, d] of devices) {
      const percentage = Math.floor((2000 * d.anomalies + d.count) / (2 * d.count)) / 10;
      text += `${field(id)},${d.count},${d.sum / d.count},${d.min},${d.max},${d.anomalies},${percentage}\n`;
    }
    writeFileSync(join(out, "gold.csv"), text);
  }

  return { row, drained, end };
}

/**
 * Feeds a stream of rows to the job, stopping it while the disk is behind.
 * @param {import("node:stream").Readable} rows
 * @param {ReturnType<typeof createJob>} job
 */
export async function runJob(rows, job) {
  rows.on("data", (/** @type {string[]} */ fields) => {
    if (job.row(fields)) return;
    rows.pause();
    job.drained().then(() => rows.resume());
  });
  await finished(rows);
  await job.end();
}

/** @param {string} path */
function createSink(path) {
  const stream = createWriteStream(path, { highWaterMark: 4 * BATCH });
  let block = "";
  return {
    /** @param {string[]} fields */
    line(fields) {
      for (let i = 0; i < fields.length; i++) block += i === 0 ? field(fields[i]) : `,${field(fields[i])}`;
      block += "\n";
      if (block.length < BATCH) return true;
      const ready = stream.write(block);
      block = "";
      return ready;
    },
    async drained() {
      if (stream.writableNeedDrain) await new Promise((resolve) => stream.once("drain", () => resolve(undefined)));
    },
    async end() {
      stream.end(block);
      await finished(stream);
    },
  };
}

/** @param {string} text */
function field(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
