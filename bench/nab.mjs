/**
 * Scores `vantageflow detect` on the Numenta Anomaly Benchmark, beside published detectors and a clock. `npm run build` first.
 *
 *   npm run bench:nab -- --corpus ../nab
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { clockScores, nabScore, PROFILES, publishedScores, readCorpus } from "./nab-score.mjs";
import { benchmark, COMMON_HELP, optionsOf, say } from "./options.mjs";
import { fixed, table } from "./tables.mjs";

const HELP = `Usage: npm run bench:nab -- --corpus DIR [options]

  --corpus DIR     data/ and windows.json of the benchmark; scores/ and expected.json prove the scorer
  --one-in TIMES   sensitivities to show, as of vantageflow detect (30d,120d,365d)
${COMMON_HELP}`;

const values = optionsOf({ corpus: { type: "string" }, "one-in": { type: "string", default: "30d,120d,365d" } });
/** The scorer is right where it gives what is published, but for so much. */
const EXACT = 1e-6;

process.exitCode = await benchmark("bench-nab", values, HELP, async () => {
  const { corpus } = values;
  if (corpus === undefined || !existsSync(join(corpus, "windows.json"))) {
    say(
      `Cannot score: ${corpus === undefined ? "no corpus is named" : `"${corpus}" has no windows.json`}. Say --corpus DIR.`,
    );
    return 2;
  }
  const series = readCorpus(corpus);
  const expectedFile = join(corpus, "expected.json");
  const expected = existsSync(expectedFile) ? JSON.parse(readFileSync(expectedFile, "utf8")) : {};
  const isProven = proves(corpus, series, expected);
  const ours = values["one-in"].split(",").flatMap((oneIn) => ofDetect(series, oneIn));
  const published = Object.entries(expected).map(([name, profiles]) => [
    name,
    ...Object.keys(PROFILES).map((profile) => fixed(profiles[profile].score_at_published_threshold, 1)),
    "",
    "",
  ]);
  const head = ["", ...Object.keys(PROFILES), "alarms", "false alarms"];
  process.stdout.write(`${table(head, [...ours, ...published])}\n`);
  return isProven ? 0 : 1;
});

/** @param {import("./nab-score.mjs").Series[]} series */
function proves(corpus, series, expected) {
  let isExact = true;
  if (Object.keys(expected).length === 0)
    say("The scorer is not proven here: the corpus has no expected.json and scores/.");
  for (const [name, profiles] of Object.entries(expected)) {
    const scores = publishedScores(corpus, name, series);
    if (scores === null) continue;
    for (const [profile, weights] of Object.entries(PROFILES)) {
      const { published_threshold: threshold, score_at_published_threshold: said } = profiles[profile];
      const off = Math.abs(nabScore(series, scores, threshold, weights).score - said);
      if (off > EXACT) isExact = false;
      say(`The scorer gives ${name}, ${profile}, ${off <= EXACT ? "what is published" : `${off} off`}.`);
    }
  }
  return isExact;
}

/** Rows of the table: the detector at this sensitivity, and a clock with as many alarms. */
function ofDetect(series, oneIn) {
  const scores = series.map(({ file }) => {
    const args = [values.cli, "detect", "--input", file, "--scores", "--quiet", "--one-in", oneIn];
    const lines = execFileSync(process.execPath, args, { encoding: "utf8", maxBuffer: 2 ** 28 })
      .trim()
      .split("\n");
    return lines.slice(1).map((line) => Number(line.slice(line.lastIndexOf(",") + 1)));
  });
  const least = Number.MIN_VALUE;
  const { alarms } = nabScore(series, scores, least, PROFILES.standard);
  return [
    rowOf(`vantageflow, one in ${oneIn}`, series, scores, least),
    rowOf("... a clock", series, clockScores(series, alarms), 1),
  ];
}

function rowOf(name, series, scores, threshold) {
  const by = Object.values(PROFILES).map((profile) => nabScore(series, scores, threshold, profile));
  return [name, ...by.map(({ score }) => fixed(score, 1)), String(by[0].alarms), String(by[0].falseAlarms)];
}
