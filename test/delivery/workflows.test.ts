import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ACTIONLINT, ZIZMOR } from "../../scripts/workflow-checks.mjs";
import { command } from "../cli/run-cli.ts";
import { labelsOf, problemsOf, stepsOf, type Workflow } from "./workflows.ts";

const FILES = readdirSync(".github", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".yml"))
  .map((name) => join(".github", name));
const textOf = (file: string) => readFileSync(file, "utf8");
const nameOf = (file: string) => /([^/\\]+)\.yml$/.exec(file)?.[1] ?? "";
const { scripts } = JSON.parse(textOf("package.json"));

describe("the workflows", () => {
  it.each(FILES)("%s keeps the laws: pinned, least permissions, no secret, nothing put into a script", (file) => {
    expect(problemsOf(nameOf(file), textOf(file))).toEqual([]);
  });

  it("take one commit of each action, whoever uses it", () => {
    const pins = new Map<string, Set<string>>();
    for (const { uses } of FILES.flatMap((file) => stepsOf(textOf(file)))) {
      if (uses === undefined || uses.startsWith("./")) continue;
      const [action, commit] = uses.split("@");
      pins.set(action, (pins.get(action) ?? new Set()).add(commit));
    }
    expect([...pins].filter(([, commits]) => commits.size > 1)).toEqual([]);
    expect(pins.size).toBeGreaterThanOrEqual(5);
  });

  it("run scripts that are there, by the names that they have", () => {
    const lines = FILES.flatMap((file) => stepsOf(textOf(file)).flatMap(({ run }) => run?.split("\n") ?? []));
    const files = lines.flatMap((line) => [...line.matchAll(/\bscripts\/[\w-]+\.mjs/g)].map(([path]) => path));
    expect(files.filter((path) => !existsSync(path))).toEqual([]);
    expect(new Set(files).size).toBeGreaterThanOrEqual(8);
    const named = lines.flatMap((line) => /\bnpm run (\S+)/.exec(line)?.[1] ?? []);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it("have a row for each job in docs/platforms.md, which says of every line of it whether it ran here", () => {
    const page = textOf("docs/platforms.md");
    let lines = 0;
    for (const file of FILES.filter((one) => one.includes("workflows"))) {
      const { jobs }: Workflow = parse(textOf(file));
      for (const [job, { steps }] of Object.entries(jobs)) {
        const row = page.split("\n").find((line) => line.startsWith(`| \`${nameOf(file)}\` ${job} |`)) ?? "";
        const labels = steps.flatMap(labelsOf);
        lines += labels.length;
        expect([job, labels.filter((label) => !row.includes(`\`${label}\``))]).toEqual([job, []]);
      }
    }
    expect(lines).toBeGreaterThan(50);
  });

  it("run the README's test line and the checks on three systems, with every Node that vantageflow is for", () => {
    const { jobs } = parse(textOf(".github/workflows/ci.yml"));
    const { os, node } = jobs.test.strategy.matrix;
    expect(os.map((one: string) => one.split("-")[0])).toEqual(["ubuntu", "macos", "windows"]);
    expect(textOf("docs/platforms.md")).toContain(`is meant for ${node.slice(0, -1).join(", ")} and ${node.at(-1)}`);
    const lines = jobs.test.steps.map(({ run }: { run?: string }) => run);
    expect(lines.filter((run: string) => /^npm (ci|test|run check)$/.test(run))).toEqual([
      "npm ci",
      "npm run check",
      "npm test",
    ]);
  });

  it("ask for nothing that docs/deploy.md does not say how to set", () => {
    const asked = new Set(
      [...textOf(".github/workflows/deploy.yml").matchAll(/\bvars\.(\w+)/g)].map(([, name]) => name),
    );
    const said = textOf("docs/deploy.md");
    expect(asked.size).toBeGreaterThan(0);
    expect([...asked].filter((name) => !said.includes(`\`${name}\``))).toEqual([]);
  });

  it("apply the plan that was approved, keep what runs before, and put it back where the canary fails", () => {
    const { jobs }: Workflow = parse(textOf(".github/workflows/deploy.yml"));
    const lines = jobs.apply.steps.flatMap(({ run }) => run ?? []);
    const order = ["--approved", "former-code.mjs keep", " apply ", "canary.mjs", "former-code.mjs put-back"];
    const at = order.map((part) => lines.findIndex((line) => line.includes(part)));
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(at[0]).toBeGreaterThan(0);
  });
});

describe("the laws see", () => {
  const job = "runs-on: x\n    timeout-minutes: 5\n    permissions: {}\n    steps:\n";
  const head = "on: push\npermissions: {}\nconcurrency: x\njobs:\n  a:\n    ";
  const sha = "a".repeat(40);

  it("nothing where nothing is wrong", () => {
    expect(problemsOf("x", `${head}${job}      - run: npm test\n`)).toEqual([]);
  });

  it.each([
    ["a tag in place of a commit", `${head}${job}      - uses: a/b@v4 # v4.0.0\n`, /not pinned by commit/],
    ["a pin of no version", `${head}${job}      - uses: a/b@${sha}\n`, /says no version/],
    ["a token that stays", `${head}${job}      - uses: actions/checkout@${sha} # v1.2.3\n`, /leaves the token/],
    ["a title as a script", `${head}${job}      - run: echo $\{{ github.event.issue.title }}\n`, /an expression/],
    ["a secret", `${head}${job}      - run: x\n        env: { A: "$\{{ secrets.A }}" }\n`, /has a secret/],
    [
      "strangers' code with rights",
      `${head.replace("push", "{pull_request_target: {}}")}${job}      - run: x\n`,
      /started by/,
    ],
    [
      "rights of all",
      `${head.replace("permissions: {}", "permissions: { contents: read }")}${job}      - run: x\n`,
      /every job/,
    ],
    [
      "rights that nobody said",
      `${head}${job.replace("{}", "{ packages: write }")}      - run: x\n`,
      /may write packages/,
    ],
    ["no rights said", `${head}${job.replace("    permissions: {}\n", "")}      - run: x\n`, /says no permissions/],
    ["no end", `${head}${job.replace("timeout-minutes: 5", "name: b")}      - run: x\n`, /no time-out/],
    ["two at once", `${head.replace("concurrency: x\n", "")}${job}      - run: x\n`, /twice at once/],
  ])("%s", (_, text, what) => {
    expect(problemsOf("x", text)).toEqual([expect.stringMatching(what)]);
  });
});

describe("other people's checks", () => {
  it.skipIf(!existsSync(ACTIONLINT.file))(`${ACTIONLINT.name} finds nothing wrong`, () => {
    expect(execFileSync(ACTIONLINT.file, ["-no-color"], { encoding: "utf8" })).toBe("");
  });

  it.skipIf(!existsSync(ZIZMOR.file))(`${ZIZMOR.name} finds nothing wrong`, async () => {
    const { code, stdout } = await command(ZIZMOR.file, ["--offline", "--no-progress", "--color", "never", ".github"], {
      cwd: process.cwd(),
    });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^No findings to report/)]);
  });
});
