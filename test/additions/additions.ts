import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Something that is added to a copy of this repository, to count what it touches: CONTRIBUTING's answers, done for real. */
export interface Addition {
  /** As in "I add a …". */
  readonly what: string;
  /** How many files that there are already may be touched. */
  readonly limit: number;
  /** Its own files. */
  readonly files: Readonly<Record<string, string>>;
  /** What is put in front of a text in files that there are: `[file, before this text, that one]`. */
  readonly places: readonly (readonly [file: string, before: string, added: string])[];
}

/** Does it in the copy at `root`. Throws where a place is not what the addition takes it for. */
export function addTo(root: string, { files, places }: Addition): void {
  for (const [file, text] of Object.entries(files)) {
    const path = join(root, file);
    if (existsSync(path)) throw new Error(`${file} is there already: it is no file of the addition's own`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  for (const [file, before, added] of places) {
    const path = join(root, file);
    const text = readFileSync(path, "utf8");
    if (text.split(before).length !== 2) throw new Error(`${file} has not exactly one ${JSON.stringify(before)}`);
    writeFileSync(
      path,
      text.replace(before, () => `${added}${before}`),
    );
  }
}

const LAYER: Addition = {
  what: "layer",
  limit: 1,
  files: {},
  places: [
    [
      "src/topology.json",
      '    "contracts": {\n',
      `    "notes": {
      "prefix": "notes/",
      "expires": "never",
      "noncurrentDays": 30,
      "retained": true,
      "mirrored": "first",
      "storageClass": "STANDARD"
    },
`,
    ],
  ],
};

const COMMAND: Addition = {
  what: "command",
  limit: 1,
  files: {
    "src/cli/commands/count.command.ts": `import type { Declaration } from "../command.ts";

export const command = {
  signature: "count [lake]",
  summary: "how many objects of gold there are",
  options: { "--twice": "count them twice" },
  examples: ["vantageflow count --lake ./lake"],
} satisfies Declaration;
`,
    "src/cli/commands/count.ts": `import { GOLD } from "../../ledger/layers.ts";
import type { FlagsOf } from "../command.ts";
import { type Io, print } from "../io.ts";
import { loadSettings, openLake } from "../settings.ts";
import type { command } from "./count.command.ts";

export async function action(io: Io, flags: FlagsOf<typeof command>): Promise<number> {
  const { storage } = openLake(io, await loadSettings(io, flags));
  let count = 0;
  for await (const _ of storage.list(GOLD)) count += flags.twice === true ? 2 : 1;
  await print(io, \`\${count}\\n\`);
  return 0;
}
`,
  },
  places: [
    [
      "src/cli/command-list.ts",
      'import { command as dashboard } from "./commands/dashboard.command.ts";',
      'import { command as count } from "./commands/count.command.ts";\n',
    ],
    ["src/cli/command-list.ts", "  listed(run,", '  listed(count, () => import("./commands/count.ts")),\n'],
  ],
};

const STORE: Addition = {
  what: "store",
  limit: 1,
  files: {
    "src/storage/shelf.ts": `import { directory } from "./directory.ts";
import type { StoreKind } from "./kind.ts";

const under = (url: string) => url.replace(/^shelf:/, "");

/** A directory by another name. */
export const shelf: StoreKind = {
  isOf: (url) => url.startsWith("shelf:"),
  openStorage: (url) => directory.openStorage(under(url)),
  openVersions: (url) => directory.openVersions(under(url)),
  openRemovals: (url) => directory.openRemovals(under(url)),
  sweepMetadata: (url, options) => directory.sweepMetadata(under(url), options),
  openInputCopies: (url) => directory.openInputCopies(under(url)),
  openClaims: (url) => directory.openClaims(under(url)),
  openWatchable: (url) => directory.openWatchable(under(url)),
  checkFolders: (url, folders) => directory.checkFolders(under(url), folders),
  isThere: (url, folder) => directory.isThere(under(url), folder),
  privateFolder: (url) => directory.privateFolder(under(url)),
};
`,
  },
  places: [
    [
      "src/storage/open.ts",
      'import type { SweepOptions, Swept } from "./local/side-files.ts";',
      'import { shelf } from "./shelf.ts";\n',
    ],
    ["src/storage/open.ts", "bucket, directory];", "shelf, "],
  ],
};

const FORMAT: Addition = {
  what: "source format",
  limit: 1,
  files: {
    "src/convert/tabs.ts": `/** Tabs for commas. */
export async function* tabsToCsv(input: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of input) yield Buffer.from(Buffer.from(chunk).toString("latin1").replaceAll("\\t", ","), "latin1");
}
`,
  },
  places: [
    [
      "src/convert/formats.ts",
      '  { suffixes: [".json"',
      '  { suffixes: [".tsv"], load: async () => (await import("./tabs.ts")).tabsToCsv },\n',
    ],
  ],
};

/** On gold, so that it is fed by a function that is fed itself; it writes what the layer above holds. */
const FUNCTION: Addition = {
  what: "function",
  limit: 3,
  files: {
    "src/lambda/functions/gold-to-notes.ts": `import { createTriggeredFunction } from "../triggered.ts";

export const handler = await createTriggeredFunction("goldToNotes", process.env);
`,
    "src/pipeline/gold-to-notes.ts": `import { VantageflowError } from "../errors.ts";
import { pathOf } from "../ledger/layers.ts";
import { NO_ROWS } from "../ledger/receipts.ts";
import { sha256Of } from "../storage/objects.ts";
import { Output } from "./output.ts";
import type { StageContext, StageResult } from "./stages.ts";

/** Writes down how many bytes gold has: under the name of gold, and under one that only the receipt tells. */
export async function goldToNotes({ storage }: StageContext, key: string): Promise<StageResult> {
  const head = await storage.head(key);
  if (head === null) throw new VantageflowError("not_found", "Cannot note: it is gone.");
  const { token, modified, size } = head;
  const source = { key, token, modified, size, sha256: await sha256Of(storage, key) };
  const outputs = [];
  for (const name of [\`notes/\${pathOf(key)}\`, \`notes/bytes/\${pathOf(key)}.txt\`]) {
    const output = await Output.open(storage, name, key);
    await output.write(Buffer.from(\`\${size}\\n\`));
    outputs.push(await output.publish({ sourceKey: key, sourceToken: token, variant: "1" }));
  }
  return { source, sibling: null, rows: NO_ROWS, devices: 0, outputs };
}
`,
  },
  places: [
    [
      "src/topology.json",
      '    "sweep": {\n',
      `    "goldToNotes": {
      "name": "vantageflow-gold-to-notes",
      "metricsNamespace": "VantageFlow/GoldToNotes",
      "startedBy": { "kind": "object", "id": "gold-trigger", "events": ["s3:ObjectCreated:*"], "prefix": "gold/" },
      "reads": ["gold/"],
      "writes": ["notes/"],
      "memoryMb": 512,
      "timeoutSeconds": 60,
      "retries": 2,
      "environment": {},
      "receiptPart": "aggregate",
      "requests": { "list": 2, "get": 6 },
      "metrics": 5
    },
`,
    ],
    ["src/topology.ts", '"bronzeToSilver" | "silverToGold";', '"goldToNotes" | '],
    [
      "src/functions/definitions.ts",
      'import type { Incoming } from "../pipeline/opened.ts";',
      'import { goldToNotes } from "../pipeline/gold-to-notes.ts";\n',
    ],
    [
      "src/functions/definitions.ts",
      "  silverToGold: {\n",
      "  goldToNotes: { stage: goldToNotes, metrics: () => [] },\n",
    ],
  ],
};

export const ADDITIONS: readonly Addition[] = [LAYER, COMMAND, STORE, FORMAT, FUNCTION];
