import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The score of the Numenta Anomaly Benchmark, as its repository defines it (numenta/NAB, nab/sweeper.py and config/profiles.json).
 */

/** What a false alarm and a missed window cost, in windows found at once. */
export const PROFILES = /** @type {const} */ ({
  standard: { falseAlarm: 0.11, missed: 1 },
  lowFP: { falseAlarm: 0.22, missed: 1 },
  lowFN: { falseAlarm: 0.11, missed: 2 },
});

/** The first rows do not count: so large a share of a file, and no more of them than these. */
const PROBATION_SHARE = 0.15;
const MOST_PROBATION = 750;

/** @typedef {{ name: string, file: string, times: number[], values: number[], windows: [number, number][] }} Series */

/**
 * The series of a corpus, with the rows of their windows.
 * @param {string} folder with `data/` and `windows.json`
 * @returns {Series[]}
 */
export function readCorpus(folder) {
  const windows = JSON.parse(readFileSync(join(folder, "windows.json"), "utf8"));
  return Object.keys(windows).map((name) => {
    const file = join(folder, "data", name);
    const lines = linesOf(file).map((line) => line.split(","));
    const times = lines.map(([time]) => timeOf(time));
    const values = lines.map(([, value]) => Number(value));
    const rows = windows[name].map(([first, last]) => [
      times.findIndex((time) => time >= timeOf(first)),
      times.findLastIndex((time) => time <= timeOf(last)),
    ]);
    return { name, file, times, values, windows: rows };
  });
}

/** The lines of a CSV behind its header. */
function linesOf(file) {
  return readFileSync(file, "utf8").trim().split("\n").slice(1);
}

function timeOf(text) {
  return Date.parse(`${text.slice(0, 19).replace(" ", "T")}Z`);
}

/**
 * The scores that a published detector gave, where the corpus has them for all series.
 * @param {string} folder
 * @param {Series[]} series
 */
export function publishedScores(folder, detector, series) {
  const fileOf = ({ name }) => join(folder, "scores", detector, name);
  if (!series.every((one) => existsSync(fileOf(one)))) return null;
  return series.map((one) => linesOf(fileOf(one)).map(Number));
}

/**
 * @param {Series[]} series
 * @param {ArrayLike<number>[]} scores of each row of each series
 * @param {number} threshold an alarm is a score that is no lower
 * @param {{ falseAlarm: number, missed: number }} profile
 */
export function nabScore(series, scores, threshold, { falseAlarm, missed }) {
  let [sum, windows, alarms, falseAlarms] = [0, 0, 0, 0];
  for (const [s, { times, windows: own }] of series.entries()) {
    windows += own.length;
    const found = new Set();
    for (let row = probationOf(times); row < times.length; row++) {
      if (!(scores[s][row] >= threshold)) continue;
      alarms++;
      const window = own.find(([left, right]) => row >= left && row <= right);
      if (window === undefined) {
        falseAlarms++;
        sum += falseAlarm * behind(own, row);
      } else if (!found.has(window)) {
        found.add(window);
        sum += sigmoid(-(window[1] - row + 1) / (window[1] - window[0] + 1)) / sigmoid(-1);
      }
    }
    sum -= missed * (own.length - found.size);
  }
  return { score: (100 * (sum + missed * windows)) / ((1 + missed) * windows), alarms, falseAlarms };
}

function probationOf(times) {
  return Math.min(Math.floor(PROBATION_SHARE * times.length), MOST_PROBATION);
}

/** What an alarm outside of all windows is worth: the less, the further it is behind the last one. */
function behind(windows, row) {
  const last = windows.findLast(([, right]) => right < row);
  if (last === undefined) return -1;
  const distance = Math.abs(row - last[1]) / (last[1] - last[0]);
  return distance > 3 ? -1 : sigmoid(distance);
}

function sigmoid(position) {
  return 2 / (1 + Math.exp(5 * position)) - 1;
}

/**
 * Scores of a clock that fires as often as there are alarms, without looking.
 * @param {Series[]} series
 */
export function clockScores(series, alarms) {
  const rows = series.reduce((sum, { times }) => sum + times.length - probationOf(times), 0);
  const every = Math.max(1, Math.round(rows / Math.max(1, alarms)));
  return series.map(({ times }) => times.map((_, row) => (row % every === every - 1 ? 1 : 0)));
}
