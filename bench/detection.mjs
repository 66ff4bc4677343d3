/**
 * What a reading costs the detector, and what it remembers of a device.
 *
 *   npm run bench:detection
 */
import { detectorWith } from "./detector-variant.mjs";
import { COMMON_HELP, count, optionsOf } from "./options.mjs";
import { fixed, table } from "./tables.mjs";

const HELP = `Usage: npm run bench:detection -- [options]

  --readings N   for each number of devices (2000000)
  --runs N       of which the median counts (5)
${COMMON_HELP}`;

const values = optionsOf({
  readings: { type: "string", default: "2000000" },
  runs: { type: "string", default: "5" },
});
const MONTH_MS = 30 * 86_400_000;
const STEP_MS = 300_000;

if (values.help) process.stdout.write(HELP);
else {
  const { Detectors, sensitivityFor } = await detectorWith([]);
  const readings = count(values, "readings");
  const runs = count(values, "runs");
  const rows = [1, 10, 100, 1000].map((devices) => {
    const times = [];
    while (times.length < runs) times.push(microseconds(new Detectors(sensitivityFor(MONTH_MS)), devices, readings));
    times.sort((a, b) => a - b);
    return [String(devices), fixed(times[runs >> 1], 2), fixed(times[0], 2)];
  });
  process.stdout.write(`${table(["devices in turn", "µs a reading, median", "least"], rows)}\n`);
}

/** User CPU time of a reading, of devices with a daily cycle and noise that report in turn. */
function microseconds(detectors, devices, readings) {
  const names = Array.from({ length: devices }, (_, i) => `device-${i}`);
  const noise = Float64Array.from({ length: 65_537 }, (_, i) => ((i * 7919) % 65_537) / 65_537);
  const steps = Math.ceil(readings / devices);
  const before = process.cpuUsage();
  for (let step = 0; step < steps; step++) {
    const cycle = 20 + 5 * Math.sin((2 * Math.PI * step) / 288);
    for (let i = 0; i < devices; i++) {
      const at = (step * devices + i) % noise.length;
      detectors.take(names[i], step * STEP_MS + i, cycle + noise[at] + noise[(7 * at) % noise.length]);
    }
  }
  return process.cpuUsage(before).user / (steps * devices);
}
