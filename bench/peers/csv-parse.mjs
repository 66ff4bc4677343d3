import { createReadStream } from "node:fs";
import { parse } from "csv-parse";
import { createJob, runJob } from "./job.mjs";

const [input, out] = process.argv.slice(2);
// Relaxed, so that a row with too many fields or a stray quote comes out as a row to be rejected and does not end the file.
const rows = parse({ relax_column_count: true, relax_quotes: true, skip_empty_lines: true });
const file = createReadStream(input, { highWaterMark: 256 * 1024 });
file.once("error", (error) => rows.destroy(error));
await runJob(file.pipe(rows), createJob(out));
