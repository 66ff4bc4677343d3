import { arch, cpus, platform, release, totalmem } from "node:os";

/** @typedef {import("./measure.mjs").Measurement} Medians */

/**
 * The job: everybody beside the first, which the ratios are to.
 * @param {readonly { name: string, runs: number, same: string, medians: Medians, rows: number }[]} results
 */
export function jobTable(results) {
  const first = results[0].medians;
  return table(
    ["", "wall s", "CPU s", "peak MB", "rows/s", "wall ratio", "CPU ratio", "runs", "same result"],
    results.map(({ name, runs, same, medians, rows }) => [
      name,
      fixed(medians.wall, 2),
      fixed(medians.cpu, 2),
      fixed(medians.peak, 0),
      rows === 0 ? "" : Math.round(rows / medians.wall).toLocaleString("en-US"),
      fixed(medians.wall / first.wall, 2),
      fixed(medians.cpu / first.cpu, 2),
      String(runs),
      same,
    ]),
  );
}

/**
 * Everybody beside one of them, with a column of their own for what the job is counted in.
 * @param {readonly { name: string, medians: Medians }[]} results
 * @param {Medians} base what the ratios are to
 * @param {string} head of the column
 * @param {(medians: Medians) => string} each what stands in it
 */
export function ratioTable(results, base, head, each) {
  return table(
    ["", "wall s", "CPU s", "peak MB", head, "wall ratio", "CPU ratio"],
    results.map(({ name, medians }) => [
      name,
      fixed(medians.wall, 2),
      fixed(medians.cpu, 2),
      fixed(medians.peak, 0),
      each(medians),
      fixed(medians.wall / base.wall, 2),
      fixed(medians.cpu / base.cpu, 2),
    ]),
  );
}

/**
 * Growth with rows, or the cost of many devices.
 * @param {readonly { name: string, rows: number, devices: number, medians: Medians, same: string }[]} results
 */
export function growthTable(results) {
  return table(
    ["", "rows", "devices", "wall s", "CPU s", "peak MB", "ns/row", "same result"],
    results.map(({ name, rows, devices, medians, same }) => [
      name,
      rows.toLocaleString("en-US"),
      devices.toLocaleString("en-US"),
      fixed(medians.wall, 3),
      fixed(medians.cpu, 3),
      fixed(medians.peak, 0),
      fixed((medians.wall / rows) * 1e9, 0),
      same,
    ]),
  );
}

/**
 * Start-up, in milliseconds.
 * @param {readonly { name: string, medians: Medians }[]} results the last is the floor
 */
export function startTable(results) {
  const floor = results[results.length - 1].medians;
  return table(
    ["", "wall ms", "CPU ms", "peak MB", "wall ratio"],
    results.map(({ name, medians }) => [
      name,
      fixed(medians.wall * 1000, 0),
      fixed(medians.cpu * 1000, 0),
      fixed(medians.peak, 0),
      fixed(medians.wall / floor.wall, 2),
    ]),
  );
}

/** The machine, as far as figures depend on it. */
export function machine() {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    memory_gb: Math.round(totalmem() / 1e9),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
  };
}

/**
 * A document of titled tables.
 * @param {{ machine: ReturnType<typeof machine>, versions: Record<string, string>, date: string, command: string }} facts
 * @param {readonly { title: string, text: string, table: string }[]} sections
 */
export function markdown(facts, sections) {
  const { cpu, cores, memory_gb, system, node } = facts.machine;
  const versions = Object.entries(facts.versions).map(([name, version]) => `${name} ${version}`);
  return [
    "# Benchmark\n",
    `${facts.date.slice(0, 10)}, \`${facts.command}\``,
    `${cpu}, ${cores} cores, ${memory_gb} GB, ${system}, Node ${node}; ${versions.join(", ")}.\n`,
    ...sections.map(({ title, text, table }) => `## ${title}\n\n${text}\n\n${table}`),
  ].join("\n");
}

/** A Markdown table, padded so that it reads well in a terminal too; all but the first column to the right. */
export function table(header, rows) {
  const widths = header.map((cell, i) => Math.max(3, cell.length, ...rows.map((row) => row[i].length)));
  const pad = (cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
  const line = (cells) => `| ${cells.map(pad).join(" | ")} |`;
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return `${[line(header), line(rule), ...rows.map(line)].join("\n")}\n`;
}

export function fixed(number, digits) {
  return number === null || !Number.isFinite(number) ? "n/a" : number.toFixed(digits);
}
