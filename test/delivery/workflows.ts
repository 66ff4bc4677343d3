import { parse } from "yaml";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly concurrency?: unknown;
  readonly steps: readonly Step[];
}

export interface Workflow {
  readonly on: unknown;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** What a job may do beside reading the repository, and what for. */
const MAY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "ci replay": { "pull-requests": "comments the diff" },
  "release publish": { "id-token": "tells npm which run this is" },
  "release announce": { contents: "makes the release of the tag" },
  "deploy plan": { "id-token": "takes a role in AWS", "pull-requests": "comments the plan" },
  "deploy apply": { "id-token": "takes a role in AWS" },
};

/** Those that run what a stranger has written with what the repository may do. */
const DANGEROUS_EVENTS = ["pull_request_target", "workflow_run", "issue_comment"];
const PINNED = /^[\w.-]+\/[\w.-]+(\/[\w./-]+)?@[0-9a-f]{40}$/;

export function stepsOf(text: string): readonly Step[] {
  const { jobs, runs }: Workflow & { runs?: { steps: readonly Step[] } } = parse(text);
  return runs?.steps ?? Object.values(jobs).flatMap(({ steps }) => steps);
}

/** What a step runs, as docs/platforms.md calls it: an action, a script of scripts/, or a command with what it does. */
export function labelsOf({ uses, run = "" }: Step): string[] {
  if (uses !== undefined) return [/^\.\/.*\/([\w-]+)$/.exec(uses)?.[1] ?? uses.split("@")[0]];
  const commands = run.replaceAll("\\\n", " ").split(/\n|&&/);
  return commands.flatMap((command) => {
    const [script] = /(?<=\bscripts\/)[\w-]+(?=\.mjs)/.exec(command) ?? [];
    if (script !== undefined) return [script];
    const words = command
      .trim()
      .replace(/^sudo /, "")
      .split(/\s+/)
      .filter((word) => !word.startsWith("-"));
    if (words[0] === "cd" || words[0] === "") return [];
    const isAlone = ["apt-get", "mkdir", "sha256sum"].includes(words[0]);
    const isLong = words[1] === "run" || words[1] === "audit";
    return [words.slice(0, isAlone ? 1 : isLong ? 3 : 2).join(" ")];
  });
}

/** What the laws of this repository say against a workflow (`name` without .yml), or an action. */
export function problemsOf(name: string, text: string): string[] {
  const workflow: Workflow = parse(text);
  const problems = stepsOf(text).flatMap(stepProblems);
  for (const [line] of text.matchAll(/^.*\buses: [^./].*$/gm)) {
    if (!/@\S+ # v\d+\.\d+\.\d+$/.test(line)) problems.push(`says no version of its pin: ${line.trim()}`);
  }
  if (/\bsecrets\b/.test(text)) problems.push("has a secret: roles and tokens of the run do");
  if (workflow.jobs === undefined) return problems;
  const events = Object.keys(Object(workflow.on));
  problems.push(...events.filter((event) => DANGEROUS_EVENTS.includes(event)).map((event) => `is started by ${event}`));
  if (JSON.stringify(workflow.permissions) !== "{}") problems.push("permits something to every job");
  for (const [id, job] of Object.entries(workflow.jobs)) {
    const at = `${name} ${id}`;
    if (workflow.concurrency === undefined && job.concurrency === undefined)
      problems.push(`${at} may run twice at once`);
    if (!(Number(job["timeout-minutes"]) <= 90)) problems.push(`${at} has no time-out`);
    if (job.permissions === undefined) problems.push(`${at} says no permissions`);
    for (const [scope, level] of Object.entries(job.permissions ?? {})) {
      const isRead = scope === "contents" && level === "read";
      if (!isRead && MAY[at]?.[scope] === undefined) problems.push(`${at} may ${level} ${scope}`);
    }
  }
  return problems;
}

function stepProblems({ uses, run, with: given }: Step): string[] {
  const problems: string[] = [];
  if (uses !== undefined && !uses.startsWith("./") && !PINNED.test(uses))
    problems.push(`is not pinned by commit: ${uses}`);
  if (uses?.startsWith("actions/checkout@") && given?.["persist-credentials"] !== false) {
    problems.push("leaves the token of the run in the checkout");
  }
  // Whatever is put into a script so is read as part of it; what comes by `env` is not.
  if (run?.includes("${{")) problems.push(`puts an expression into a script: ${run}`);
  return problems;
}
