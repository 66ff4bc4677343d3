/**
 * What each part of the detector is worth on the Numenta Anomaly Benchmark, and how much of the score lies in its constants.
 *
 *   npm run bench:nab:ablation -- --corpus ../nab
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { constant, detectorWith } from "./detector-variant.mjs";
import { nabScore, PROFILES, readCorpus } from "./nab-score.mjs";
import { benchmark, COMMON_HELP, count, optionsOf, say } from "./options.mjs";
import { fixed, table } from "./tables.mjs";

const HELP = `Usage: npm run bench:nab:ablation -- --corpus DIR [options]

  --corpus DIR   data/ and windows.json of the benchmark
  --draws N      times that all constants are changed together (20)
  --by SHARE     by so much at most, up or down (0.2)
${COMMON_HELP}`;

const values = optionsOf({
  corpus: { type: "string" },
  draws: { type: "string", default: "20" },
  by: { type: "string", default: "0.2" },
});
const MONTH_MS = 30 * 86_400_000;

const without = (/** @type {readonly string[]} */ names) => [
  {
    file: "detector.ts",
    find: "sum += periods[i];",
    by: (found) => `if (${JSON.stringify(names)}.includes(DEVIATIONS[i])) periods[i] = 0; ${found}`,
  },
];
const zero = () => 0;
/** What is left out, and by which edits of the source. */
const PARTS = /** @type {const} */ ({
  "value, rare, isolated": without(["value", "rare", "isolated"]),
  "recent, level200, level, sustain6, sustain36": without(["recent", "level200", "level", "sustain6", "sustain36"]),
  "week, day": without(["week", "day"]),
  range: without(["range"]),
  drift: without(["drift"]),
  "what a deviation beyond the record counts more": [constant("tails.ts", "STEEPNESS", zero)],
  "more than a rest, where it is worse or turns out otherwise": [
    constant("detector.ts", "WORSE", () => 1e30),
    constant("detector.ts", "TURNS_OUT", () => 1e9),
  ],
  "the bound of what the past can say": [constant("tails.ts", "SAYING", () => 1e9)],
  "the rest after a detection": ["LONGEST_REST", "FIRST_REST"].map((name) => constant("sensitivity.ts", name, zero)),
  "the weight of the interval": [
    { file: "detector.ts", find: "Math.sqrt(numbers[AT.interval] / INTERVAL)", by: () => "1" },
  ],
});
/** All that somebody chose, but what is a resolution (bins, slots) or none at all (units). */
const CONSTANTS = /** @type {const} */ ({
  "deviations.ts": {
    shares: [
      "GLITCH",
      "BELIEVED",
      "PLAUSIBLE",
      "FLOOR",
      "SLACK",
      "MAX_STEP",
      "MAX_DRIFT",
      "LEAST_RARE",
      "SLOT_OUTLIER",
    ],
    counts: ["INTERVAL_READINGS", "SHORT", "MIDDLE", "LONG", "LONGEST", "SLOT_READINGS", "SUSTAINED"],
  },
  "state.ts": { shares: [], counts: ["RECENT", "LEARNED_READINGS"] },
  "tails.ts": { shares: ["PRIOR", "STEEPNESS", "HALF_LIFE", "SAYING", "SMOOTH", "FORGOTTEN"], counts: [] },
  "detector.ts": { shares: ["WORSE"], counts: [] },
  "sensitivity.ts": {
    shares: ["LEAST_OF_A_MONTH", "FIRST_REST", "REST_GROWTH", "LONGEST_REST", "REST_SHARE"],
    counts: [],
  },
});

process.exitCode = await benchmark("bench-nab-ablation", values, HELP, async () => {
  const { corpus } = values;
  const by = Number(values.by);
  const draws = count(values, "draws");
  if (corpus === undefined || !existsSync(join(corpus, "windows.json")) || !(by > 0 && by < 1)) {
    say("Cannot score: say --corpus DIR, a folder with windows.json and data/, and --by a share between 0 and 1.");
    return 2;
  }
  const series = readCorpus(corpus);
  const whole = await scoreWith(series, []);
  const rows = [["all of it", fixed(whole, 1), ""]];
  for (const [name, edits] of Object.entries(PARTS)) {
    const score = await scoreWith(series, edits);
    rows.push([`without ${name}`, fixed(score, 1), fixed(score - whole, 1)]);
  }
  process.stdout.write(`${table(["", "standard", "difference"], rows)}\n`);
  const random = randomOf(1);
  const scores = [];
  while (scores.length < draws) scores.push(await scoreWith(series, changed(random, by)));
  scores.sort((a, b) => a - b);
  const mean = scores.reduce((sum, score) => sum + score, 0) / draws;
  const shown = [mean, scores[0], scores[draws >> 1], scores[draws - 1]].map((score) => fixed(score, 1));
  const what = `all constants by up to ${Math.round(100 * by)} %, ${draws} draws`;
  process.stdout.write(`${table(["", "mean", "least", "median", "most"], [[what, ...shown]])}\n`);
  return 0;
});

/** The standard score of a detector whose source was changed. */
async function scoreWith(series, edits) {
  const { Detectors, sensitivityFor } = await detectorWith(edits);
  const scores = series.map(({ times, values }) => {
    const detectors = new Detectors(sensitivityFor(MONTH_MS));
    return times.map((time, row) => detectors.take("", time, values[row])?.score ?? 0);
  });
  return nabScore(series, scores, Number.MIN_VALUE, PROFILES.standard).score;
}

/** Each constant changed by a share of its own, evenly in the logarithm. */
function changed(random, by) {
  return Object.entries(CONSTANTS).flatMap(([file, { shares, counts }]) => {
    const factor = () => (1 + by) ** (2 * random() - 1);
    return [
      ...shares.map((name) => constant(file, name, (value) => value * factor())),
      ...counts.map((name) => constant(file, name, (value) => Math.round(value * factor()))),
    ];
  });
}

/** Numbers from 0 to 1, the same at each run (Mulberry32). */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
