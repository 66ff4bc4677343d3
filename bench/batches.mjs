/**
 * Measures many files, without the rest of `npm run bench`. `npm run build` first.
 *
 *   npm run bench:batches -- --turns 3 --markdown docs/batches.md
 */
import { writeFileSync } from "node:fs";
import { BATCH_HELP, BATCH_OPTIONS, batchSections } from "./batch-jobs.mjs";
import { benchmark, COMMON_HELP, optionsOf } from "./options.mjs";
import { machine, markdown } from "./tables.mjs";

const HELP = `Usage: npm run bench:batches -- [options]

${BATCH_HELP}${COMMON_HELP}`;
const values = optionsOf(BATCH_OPTIONS);

process.exitCode = await benchmark("bench-batches", values, HELP, async (work) => {
  const sections = await batchSections(work, values);
  const facts = {
    machine: machine(),
    versions: { "earlier build": values.before || "none" },
    date: new Date().toISOString(),
    command: ["npm run bench:batches --", ...process.argv.slice(2)].join(" "),
  };
  process.stdout.write(markdown(facts, sections));
  if (values.markdown) writeFileSync(values.markdown, markdown(facts, sections));
  return 0;
});
