import { createReadStream } from "node:fs";
import { parse } from "fast-csv";
import { createJob, runJob } from "./job.mjs";

const [input, out] = process.argv.slice(2);
const rows = parse({ headers: false });
const file = createReadStream(input, { highWaterMark: 256 * 1024 });
file.once("error", (error) => rows.destroy(error));
await runJob(file.pipe(rows), createJob(out));
