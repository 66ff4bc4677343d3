import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CLI, command, folder } from "../cli/run-cli.ts";

interface Comment {
  readonly id: number;
  readonly user: { readonly type: string };
  body: string;
}

/** GitHub's REST API for comments of an issue (GitHub docs, "REST API endpoints for issue comments"). */
let comments: Comment[] = [];
let refuses = 0;
const server = createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  const url = new URL(request.url ?? "", "http://localhost");
  const answer = (status: number, json: unknown) => void response.writeHead(status).end(JSON.stringify(json));
  if (request.headers.authorization !== "Bearer t0ken") return answer(401, {});
  const own = (one: Comment) => ({ ...one, url: `${api()}/repos/o/r/issues/comments/${one.id}` });
  if (request.method === "GET") {
    const page = Number(url.searchParams.get("page"));
    const size = Number(url.searchParams.get("per_page"));
    return answer(200, comments.slice((page - 1) * size, page * size).map(own));
  }
  if (refuses > 0) return answer(refuses, { message: "Resource not accessible by integration" });
  const { body } = JSON.parse(text);
  if (body.length > 65_536) return answer(422, {});
  if (request.method === "POST") comments.push({ id: comments.length + 1, user: { type: "Bot" }, body });
  else {
    const id = Number(/comments\/(\d+)$/.exec(url.pathname)?.[1]);
    for (const one of comments) if (one.id === id) one.body = body;
  }
  answer(request.method === "POST" ? 201 : 200, {});
});
const api = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(() => new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening)));
afterAll(() => new Promise((closed) => server.close(closed)));
beforeEach(() => {
  comments = [];
  refuses = 0;
});

const SCRIPT = resolve("scripts/replay-pull-request.mjs");

async function replay(cwd: string, env: Record<string, string> = {}) {
  const summary = join(cwd, "summary.md");
  rmSync(summary, { force: true });
  const ran = await command(process.execPath, [SCRIPT], {
    cwd,
    env: {
      COMMAND: CLI,
      FOLDERS: "cases",
      GITHUB_TOKEN: "t0ken",
      GITHUB_API_URL: api(),
      GITHUB_REPOSITORY: "o/r",
      PULL_REQUEST: "7",
      GITHUB_STEP_SUMMARY: summary,
      ...env,
    },
  });
  return { ...ran, summary: () => readFileSync(summary, "utf8") };
}

function fixtures(): string {
  const cwd = folder();
  cpSync("fixtures/deploy-canary", join(cwd, "cases/one"), { recursive: true });
  return cwd;
}

function change(cwd: string, from: string, to: string): void {
  const gold = join(cwd, "cases/one/gold/canary/plain.csv");
  writeFileSync(gold, readFileSync(gold, "utf8").replace(from, to));
}

describe("a replay of a pull request's fixtures", () => {
  it("says in one comment what differs, replaces it, and fails as long as something does", async () => {
    const cwd = fixtures();
    change(cwd, "22.299", "22.3");
    const { code, stdout, summary } = await replay(cwd);
    expect([code, comments.length]).toEqual([1, 1]);
    for (const said of [stdout, comments[0].body, summary()]) {
      expect(said).toContain(
        "-DEPLOY-CANARY-2,20,22.3,20.3,24.38,2,10.0\n+DEPLOY-CANARY-2,20,22.299,20.3,24.38,2,10.0",
      );
    }
    change(cwd, "22.3,", "22.299,");
    expect((await replay(cwd)).code).toBe(0);
    expect(comments.map(({ body }) => body)).toEqual([expect.stringContaining("1 case, every byte the same.")]);
  });

  it("leaves comments of others alone, whatever they begin with, and finds its own behind a hundred", async () => {
    const cwd = fixtures();
    const mark = "<!-- vantageflow replay -->\nmine";
    comments = Array.from({ length: 120 }, (_, at) => ({ id: at + 1, user: { type: "User" }, body: mark }));
    comments.push({ id: 121, user: { type: "Bot" }, body: mark });
    await replay(cwd);
    expect(comments.filter(({ body }) => body === mark)).toHaveLength(120);
    expect(comments).toHaveLength(121);
  });

  it("says it in the summary only where the token may not comment, or there is no pull request", async () => {
    const cwd = fixtures();
    refuses = 403;
    const fork = await replay(cwd);
    expect([fork.code, fork.summary()]).toEqual([0, expect.stringContaining("every byte the same")]);
    expect(fork.stdout).toContain("Not allowed to comment");
    expect((await replay(cwd, { PULL_REQUEST: "" })).code).toBe(0);
    expect(comments).toEqual([]);
    refuses = 500;
    expect((await replay(cwd)).stderr).toContain("Cannot comment on the pull request: GitHub answers 500.");
  });

  it("shows as text whatever a file holds, and cuts what GitHub would not take", async () => {
    const cwd = fixtures();
    change(cwd, "DEPLOY-CANARY-2", "````\n# <img src=x> @everyone");
    await replay(cwd);
    expect(comments[0].body).toMatch(/\n`````diff\n[\s\S]*\n`````\n/);
    change(cwd, "@everyone", "x".repeat(70_000));
    await replay(cwd);
    expect(comments[0].body).toMatch(/\n`````\n\n\d+ more characters are in the log of the run\./);
  });

  it("takes no version or folder that a shell would read as more than that, and says what could not run", async () => {
    const cwd = fixtures();
    for (const env of [{ VERSION: "1 && touch pwned" }, { FOLDERS: "$(pwned)" }]) {
      const { code, stderr } = await replay(cwd, { COMMAND: "", ...env });
      expect([code, stderr]).toEqual([1, expect.stringContaining("name folders and versions by letters")]);
    }
    const { code } = await replay(cwd, { FOLDERS: "nowhere" });
    expect([code, comments[0].body]).toEqual([1, expect.stringContaining('Cannot replay "nowhere"')]);
  });
});
