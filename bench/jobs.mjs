import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { machine, markdown } from "./tables.mjs";

/**
 * Runs those jobs that `--only` names, each of which gives a section or several, and says what they came to. Returns the exit code.
 * @param {Readonly<Record<string, (work: string) => Promise<object>>>} jobs
 * @param {string} script of package.json
 * @param {string} work a folder for them
 */
export async function runJobs(jobs, values, script, work) {
  const sections = [];
  for (const name of values.only.split(",")) sections.push(...[await jobs[name](work)].flat());
  const facts = {
    machine: machine(),
    versions: { vantageflow: packageVersion("."), DuckDB: packageVersion("node_modules/@duckdb/node-api") },
    date: new Date().toISOString(),
    command: [`npm run ${script} --`, ...process.argv.slice(2)].join(" "),
  };
  process.stdout.write(markdown(facts, sections));
  if (values.markdown) writeFileSync(values.markdown, markdown(facts, sections));
  return 0;
}

/** Of the package in a folder of this repository. */
export function packageVersion(directory) {
  const file = new URL(`../${directory}/package.json`, import.meta.url);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : "not installed";
}
