import { resolve } from "node:path";
import { Readable, Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import type { Io } from "../../src/cli/io.ts";
import { main } from "../../src/cli/program.ts";
import { type Call, cli, INHERITED, type Ran } from "./run-cli.ts";

const DIST = pathToFileURL(resolve("dist/"));
const built = (name: string) => new URL(`dist/${name}`, DIST);

const home = process.cwd();
/** What comes from {@link Io}; all other variables are read by a process. */
const OWN = /^(VANTAGEFLOW_\w+|ANOMALY_THRESHOLD|NO_COLOR|FORCE_COLOR)$/;
let before: Promise<unknown> = Promise.resolve();

/**
 * Runs a command line in the process of the test, with the threads that are built: what a command says and does, without the
 * tenth of a second and more that a process takes to start. `in-process.test.ts` holds the built binary to it. Whatever is
 * about a process (its end, signals, a terminal, two at once on a lake) asks the binary: {@link cli}, which is asked here
 * where a variable is given that is not vantageflow's own. One after the other, for a process is in one folder.
 */
export function inProcess(args: readonly string[], call: Call): Promise<Ran> {
  if (!Object.keys(call.env ?? {}).every((name) => OWN.test(name))) return cli(args, call);
  const ran = before.then(() => run(args, call));
  before = ran.catch(() => {});
  return ran;
}

async function run(args: readonly string[], { cwd, input, env }: Call): Promise<Ran> {
  const [stdout, stderr] = [collector(), collector()];
  const environment = Object.entries({ ...INHERITED, ...env }).filter(([, value]) => value !== undefined);
  process.chdir(cwd);
  try {
    const code = await main(args, {
      stdout: stdout.stream as unknown as Io["stdout"],
      stderr: stderr.stream as unknown as Io["stderr"],
      stdin: Readable.from(input === undefined ? [] : [Buffer.from(input)]) as unknown as Io["stdin"],
      environment: Object.fromEntries(environment),
      cwd: process.cwd(),
      now: Date.now,
      opened: [],
      workerScript: built("worker.js"),
      rowsScript: built("rows.js"),
      batchScript: built("batches.js"),
      digestScript: built("digests.js"),
      encodeScript: built("encode.js"),
      page: built("dashboard/"),
    });
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    process.chdir(home);
  }
}

function collector() {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
