import { Command, CommanderError } from "commander";
import { hasCode, messageOf } from "../errors.ts";
import { escapeTerminal } from "../escape.ts";
import { VERSION } from "../version.ts";
import { EXAMPLES } from "./examples.ts";
import { complain, type GlobalFlags, type Io, printJson } from "./io.ts";

/** Runs one command line and returns its exit code: the only place that maps errors to codes (INTERFACES: 0, 1, 2, 130). */
export async function main(args: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const program = createProgram(io, (exitCode) => {
    code = exitCode;
  });
  try {
    // "--help dlq list" asks for the help of that; commander would show its own.
    const asksAbout = ["--help", "-h"].includes(args[0]) && args.length > 1;
    await program.parseAsync(asksAbout ? [...args.slice(1), "--help"] : [...args], { from: "user" });
    return code;
  } catch (error) {
    const wantsJson = args.includes("--json");
    if (error instanceof CommanderError) {
      const usage = { code: "usage", message: error.message.replace(/^error: /, "") };
      if (error.exitCode !== 0 && wantsJson) await printJson(io, { version: 1, error: usage });
      return error.exitCode === 0 ? 0 : 2;
    }
    complain(io, messageOf(error));
    if (wantsJson) await printJson(io, { version: 1, error: errorJson(error) });
    return hasCode(error, "usage", "config_invalid") ? 2 : 1;
  } finally {
    // What cannot be closed any more is left to the end of the process.
    await Promise.allSettled(io.opened.map((opened) => opened.close()));
  }
}

function errorJson(error: unknown) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "internal";
  return { code, message: messageOf(error) };
}

type Action<F extends GlobalFlags, A extends unknown[]> = (io: Io, flags: F, ...args: A) => Promise<number>;

function createProgram(io: Io, exit: (code: number) => void): Command {
  const program = new Command("vantageflow")
    .description("An IoT data lake on your machine: CSV in, silver, anomalies and gold out, every row accounted for.")
    .version(VERSION, "-V, --version")
    .option("--lake <where>", "a directory or s3://bucket[/prefix] (default: ./lake)")
    .option("--json", "one JSON document on stdout")
    .option("--quiet", "no notices on stderr")
    // In this order commander leaves the flag undefined when neither is given.
    .option("--color", "colours, terminal or not")
    .option("--no-color", "no colours")
    .option("--anomaly-threshold <score>", "a reading with a higher anomaly_score is an anomaly (default: 0.5)")
    .option("--max-row-bytes <n>", "the longest row; a longer one refuses its file (default: 1048576)")
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(escapeTerminal(text, { keepLines: true })),
    })
    .exitOverride();
  program.addHelpText("before", `${EXAMPLES.vantageflow}\n`);

  const add: Add = (signature, summary, load, parent = program) => {
    const command = describe(parent, signature, summary);
    return command.action(async (...args: unknown[]) => {
      const run = await load();
      exit(await run(io, command.optsWithGlobals(), ...(args.slice(0, -2) as never)));
    });
  };
  add("ingest <file...>", "land files as bronze and run them to gold; - reads stdin", async () => {
    return (await import("./commands/ingest.ts")).ingest;
  })
    .option("--name <name>", "what to call the batch: needed for -")
    .option("--overwrite", "replace a batch of the same name and other content")
    .option("--fail-on-rejects", "exit 1 when a row was rejected")
    .option("--concurrency <n>", "files in flight at once (default: cores; 16 with a bucket)");
  add("run [lake]", "process all there is to do, once", async () => (await import("./commands/run.ts")).run)
    .option("--dry-run", "only say what there is to do")
    .option("--reprocess [prefix]", "process batches again, all or those whose path starts with the prefix")
    .option("--fail-on-rejects", "exit 1 when a row was rejected")
    .option("--concurrency <n>", "batches in flight at once (default: cores; 16 with a bucket)");
  add("watch [lake]", "process all there is to do, then follow the lake", async () => {
    return (await import("./commands/watch.ts")).watch;
  })
    .option("--concurrency <n>", "batches in flight at once (default: cores)")
    .option("--poll", "list the lake at an interval instead of waiting for events: for network drives")
    .option("--interval <s>", "seconds between two listings, at least (default: 60, with --poll 2)")
    .option("--settle <s>", "seconds a file must rest where its writer cannot be seen (default: 1)")
    .option("--retry-delay <s>", "seconds before a failed function's second attempt (default: 60)");
  add("dashboard [lake]", "show the lake in a browser, live; serves the data API, too", async () => {
    return (await import("./commands/dashboard.ts")).dashboard;
  })
    .option("--port <n>", "the port on this machine; 0 takes a free one", "4270")
    .option("--interval <s>", "seconds between two looks at the lake (default: 5; 60 over a bucket)")
    .option("--open", "open it in the browser, where there is a terminal");
  add("report", "statistics per device over gold", async () => (await import("./commands/report.ts")).report)
    .option("--device <id...>", "only this device; can be given several times")
    .option("--since <time>", "only batches processed since: 2026-01-31, 2026-01-31T12:00:00Z, 24h, 7d")
    .option("--format <format>", "table or csv (for spreadsheets)", "table");
  add("status [lake]", "how the lake does: what to act on, today's figures, layers, alarms, cost", async () => {
    return (await import("./commands/status.ts")).status;
  })
    .option("--check", "exit 3 when the lake is unhealthy")
    .option("--watch [seconds]", "look again and again (default: every 5; 60 over a bucket)");
  add("replay [folder...]", "run golden fixtures and compare every byte", async () => {
    return (await import("./commands/replay.ts")).replay;
  })
    .option("--update", "write what comes out as what is expected")
    .option("--junit <file>", "write a JUnit XML report");
  add("generate", "write seeded readings as CSV", async () => (await import("./commands/generate.ts")).generate)
    .option("--rows <n>", "readings", "1000")
    .option("--devices <n>", "devices", "20")
    .option("--seed <n>", "the same seed gives the same bytes", "1")
    .option("--wide", "the eight columns of the fleet's producers")
    .option("--anomalies <rate>", "share of readings above the threshold, 0 to 1", "0.05")
    .option("--invalid <rate>", "share of rows that are no valid readings, 0 to 1", "0")
    .option("--out <file>", "write a file instead of stdout");
  add("demo [dir]", "make a small lake with a failing device and run it to gold", async () => {
    return (await import("./commands/demo.ts")).demo;
  });
  add("init [dir]", "write a config file with the defaults", async () => (await import("./commands/init.ts")).init);
  add("doctor", "check this machine; print every setting and where it comes from", async () => {
    return (await import("./commands/doctor.ts")).doctor;
  });
  add("cost [lake]", "estimate what a month of this lake costs on AWS", async () => {
    return (await import("./commands/cost.ts")).cost;
  }).option("--months <n>", "the coming months, one by one, as storage grows until retention ends it");
  addDeadLetters(
    add,
    describe(program, "dlq", "dead letters: what was refused or has failed, and what to do about it"),
  );
  addEvents(add);
  addRecovery(add);
  return program;
}

/** A command, or a group of them, with its examples first. */
function describe(parent: Command, signature: string, summary: string): Command {
  const [name] = signature.split(" ");
  const path = parent.parent === null ? name : `${parent.name()} ${name}`;
  const command = parent.command(signature).summary(summary).description(summary);
  return command.addHelpText("before", `${EXAMPLES[path]}\n`);
}

/** Adds a command whose module is loaded only when it runs. */
type Add = <F extends GlobalFlags, A extends unknown[]>(
  signature: string,
  summary: string,
  load: () => Promise<Action<F, A>>,
  parent?: Command,
) => Command;

function addDeadLetters(add: Add, dlq: Command): void {
  const load = () => import("./commands/dlq.ts");
  add("list", "what is open: neither processed since, nor dismissed", async () => (await load()).list, dlq)
    .option("--all", "closed ones too, and how they were closed")
    .option("--rejects", "instead, the files of rejected rows: one for each batch that has some");
  add(
    "show <id>",
    "one dead letter, whole; the beginning of its ID or the path of its file will do",
    async () => {
      return (await load()).show;
    },
    dlq,
  );
  add(
    "redrive [id...]",
    "run the function again on what is there now: all that is open, or these",
    async () => {
      return (await load()).redrive;
    },
    dlq,
  ).option("--dry-run", "say what would pass with today's code and settings, and write nothing");
  add("dismiss <id...>", "close it for good; the record is kept", async () => (await load()).dismiss, dlq);
}

function addEvents(add: Add): void {
  add("explain <key>", "what starts for a key, or why nothing does; what happened to it and what is next", async () => {
    return (await import("./commands/explain.ts")).explain;
  });
  add("invoke <function>", "give a function an event, as S3 would, with Lambda's three attempts", async () => {
    return (await import("./commands/invoke.ts")).invoke;
  })
    .requiredOption("--event <file>", "a JSON file; - reads stdin")
    .option("--retry-delay <s>", "seconds before the second attempt, twice that before the third (default: 60)");
  add("generate-event <kind>", "print an event in AWS's format: s3-put or s3-test", async () => {
    return (await import("./commands/generate-event.ts")).generateEvent;
  })
    .option("--bucket <name>", "the bucket (default: that which the lake stands for)")
    .option("--key <key>", "the object's key", "bronze/readings.csv")
    .option("--size <bytes>", "its size (default: that of the lake's object)")
    .option("--etag <etag>", "its ETag (default: the version token of the lake's object)")
    .option("--version-id <id>", "its version, where the bucket keeps them")
    .option("--region <region>", "the bucket's region (default: us-east-1)")
    .option("--time <time>", "when it happened", "1970-01-01");
}

/** What keeps a lake, brings it back, and tells two of them apart. */
function addRecovery(add: Add): void {
  add("versions <key>", "the versions of an object, kept when it was overwritten or removed", async () => {
    return (await import("./commands/versions.ts")).listVersions;
  });
  add("restore <key>", "make an older version the current one again", async () => {
    return (await import("./commands/restore.ts")).restore;
  })
    .option("--version-id <id>", "the version that vantageflow versions lists under this id")
    .option("--at <time>", "the version that was current then: 2026-01-31, 2026-01-31T12:00:00Z, 24h, 7d");
  add("expire", "remove what is older than its layer's retention, but never work", async () => {
    return (await import("./commands/expire.ts")).expire;
  })
    .option("--dry-run", "only say what would be removed")
    .option("--now <time>", "as of this time instead of now")
    .option("--concurrency <n>", "objects in flight at once (default: cores; 16 with a bucket)");
  add("backup <dest>", "make another place hold what the lake holds, without its older versions", async () => {
    return (await import("./commands/mirror.ts")).backup;
  })
    .option("--delete", "remove what is only in the backup, unless it is all of a layer; asks first")
    .option("--delete-emptied", "remove all of a layer of which the other side has nothing, too")
    .option("--yes", "do not ask")
    .option("--concurrency <n>", "objects in flight at once (default: cores; 16 with a bucket)");
  add("restore-from <src>", "make the lake hold what a backup holds", async () => {
    return (await import("./commands/mirror.ts")).restoreFrom;
  })
    .option("--delete", "remove what is only in the lake, unless it is all of a layer; asks first")
    .option("--delete-emptied", "remove all of a layer of which the other side has nothing, too")
    .option("--yes", "do not ask")
    .option("--concurrency <n>", "objects in flight at once (default: cores; 16 with a bucket)");
  add(
    "verify [lake]",
    "hold every object against the ledger by its SHA-256; exit 1 when not all is intact",
    async () => {
      return (await import("./commands/verify.ts")).verify;
    },
  )
    .option("--prefix <prefix>", "only keys, or paths in every layer, that begin with it: gold/, 2025/01/")
    .option("--fix", "make outputs again from bronze, and remove those whose bronze is gone; asks first")
    .option("--yes", "do not ask")
    .option("--ledger <lake>", "hold a mirror against the receipts of the lake that it is a copy of")
    .option("--restart", "begin anew, where the last verify was stopped and this one would go on")
    .option("--concurrency <n>", "batches in flight at once (default: cores; 16 with a bucket)");
  add("diff <lakeA> <lakeB>", "compare two lakes by object, row and cell; exit 1 when they differ", async () => {
    return (await import("./commands/diff.ts")).diff;
  })
    .option("--prefix <prefix>", "only keys, or paths in every layer, that begin with it: gold/, 2025/01/")
    .option("--limit <n>", "differences told per object; the rest is counted", "20")
    .option("--concurrency <n>", "objects in flight at once (default: cores; 16 with a bucket)");
}
