import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, inject, it } from "vitest";
import { PATHS, problemsOf } from "../api/description.ts";
import { ask } from "../dashboard/serving.ts";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { BAD, CLI, cli, emptyLake, folder, HEADER, hasScript, ODD, onTerminal, ROW, stamps } from "./run-cli.ts";
import { BEARER, startDashboard as start, TOKEN } from "./start-dashboard.ts";

/** Batches of which some rows are anomalies, some rejected, and one file is refused. */
async function fill(lake: string, env: Record<string, string> = {}): Promise<string> {
  const cwd = folder({ "a.csv": HEADER + ROW + ODD + BAD, "b c.csv": HEADER + ROW, "bad.csv": "nothing" });
  await cli(["ingest", "a.csv", "b c.csv", "bad.csv", "--lake", lake], { cwd, env });
  for (const made of [["tables", "sync"], ["detect"]]) await cli([...made, "--lake", lake], { cwd, env });
  return cwd;
}

const ONE_OF: Readonly<Record<string, string>> = { "{id}": "FAB-1", "{key}": encodeURIComponent("bronze/a.csv") };

/** What every path of the API says of a lake; each answer is held to its description. */
async function answersOf(get: (path: string) => Promise<{ status: number; document: unknown }>) {
  const answers: Record<string, never> = {};
  for (const { path } of PATHS.filter((one) => one.path !== "/events")) {
    const { status, document } = await get(path.replace(/\{\w+\}/, (name) => ONE_OF[name]));
    expect([path, status, problemsOf(path, status, document)]).toEqual([path, 200, []]);
    answers[path] = document as never;
  }
  return answers;
}

/** What must be the same of one lake in a directory and in a bucket. */
function comparable(answers: Record<string, Record<string, never>>) {
  const { today, health, work, ignored, devices } = answers["/overview"] as Record<string, Record<string, unknown>>;
  const { duration_ms: _, ...totals } = today;
  return {
    totals,
    work,
    ignored,
    devices,
    health: { verdict: health.verdict, percentage: health.percentage },
    page: answers["/devices"],
    device: answers["/devices/{id}"].device,
    batches: (answers["/batches"].batches as { key: string; outcome: string; rows: unknown }[])
      .map(({ key, outcome, rows }) => ({ key, outcome, rows }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    rejects: answers["/batches/{key}"].rejects,
    readings: answers["/readings"].readings,
    rows: answers["/tables/readings"].rows,
  };
}

describe("vantageflow dashboard", () => {
  it("serves a real lake as its description says, agrees with report, and writes nothing", async () => {
    const cwd = await fill("lake");
    const before = stamps(join(cwd, "lake"));
    const { get, stop, said, links } = await start([], cwd);
    const answers = await answersOf(get);
    const { devices } = JSON.parse((await cli(["report", "--json"], { cwd })).stdout);
    // The page has detections of a device apart, and none are of these three readings.
    const none = { detections: 0, last_detection: null };
    const { devices: shown, ...page } = answers["/devices"] as { devices: object[] };
    expect(page).toEqual({ version: 1, total: devices.length });
    expect(shown.map((device) => ({ ...device, ...none }))).toEqual(devices);
    expect(answers["/tables/readings"]).toMatchObject({ rows: 3, table_version: 1 });
    expect((answers["/readings"] as { readings: unknown[] }).readings).toHaveLength(3);
    expect(comparable(answers)).toMatchObject({
      totals: { batches: 3, done: 2, refused: 1, rows: { in: 4, silver: 2, anomalies: 1, rejects: 1, blank: 0 } },
      health: { verdict: "unhealthy" },
      rejects: { total: 1 },
    });
    expect((await get("/batches/nothing")).status).toBe(404);
    expect(await stop("SIGINT")).toBe(130);
    expect(stamps(join(cwd, "lake"))).toEqual(before);
    expect([said.stdout, links().length]).toEqual(["", 1]);
  });

  it("over SSH, says how to reach it from the machine that has the browser", async () => {
    const cwd = await fill("lake");
    const { port, said, stop } = await start([], cwd, { SSH_CONNECTION: "192.0.2.1 50000 192.0.2.2 22" });
    await expect.poll(() => said.stderr).toContain(`ssh -L ${port}:localhost:${port} HOST`);
    await stop("SIGINT");
  });

  it("shows in a browser's stream what another process does to the lake", async () => {
    const cwd = await fill("lake");
    const { port, stop } = await start([], cwd);
    const response = await new Promise<http.IncomingMessage>((done, fail) => {
      http.get({ port, path: "/api/v1/events", host: "127.0.0.1", ...BEARER }, done).on("error", fail);
    });
    let text = "";
    response.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    response.on("error", () => {});
    const until = async (pattern: RegExp) => {
      while (!pattern.test(text)) await sleep(10);
    };
    await until(
      /^retry: 2000\n\nevent: pace\ndata: \{"seconds":0,"interval":5\}\n\nevent: overview\ndata: \{.*"today":\{"batches":3,.*\}\n\n/,
    );
    fs.writeFileSync(join(cwd, "new.csv"), HEADER + ROW);
    await cli(["ingest", "new.csv"], { cwd });
    await until(/\nevent: overview\ndata: \{.*"today":\{"batches":4,.*\}\n\n/);
    // Ctrl-C does not wait for browsers.
    expect(await stop("SIGINT")).toBe(130);
  });

  /** The seconds between two looks that the first event of a stream tells of. */
  async function intervalOf(port: number): Promise<number> {
    const response = await new Promise<http.IncomingMessage>((done, fail) => {
      http.get({ port, path: "/api/v1/events", host: "127.0.0.1", ...BEARER }, done).on("error", fail);
    });
    let text = "";
    for await (const more of response) {
      text += more;
      const told = /"interval":(\d+)/.exec(text)?.[1];
      if (told !== undefined) return Number(told);
    }
    throw new Error(`it told of no interval: ${text}`);
  }

  it("looks at a directory every 5 seconds, unless told otherwise", async () => {
    const cwd = await fill("lake");
    const usual = await start([], cwd);
    expect(await intervalOf(usual.port)).toBe(5);
    const seldom = await start(["--interval", "90"], cwd, { VANTAGEFLOW_INTERVAL: "1" });
    expect(await intervalOf(seldom.port)).toBe(90);
    await Promise.all([usual.stop("SIGINT"), seldom.stop("SIGINT")]);
  });

  for (const server of inject("s3Servers")) {
    it(`looks at a bucket every minute, for listings cost money (${server.name})`, async () => {
      const client = connect(server);
      const lake = `s3://${await makeBucket(client)}`;
      client.destroy();
      const { port, stop } = await start(["--lake", lake], folder(), environmentOf(server));
      expect(await intervalOf(port)).toBe(60);
      await stop("SIGINT");
    });

    it(`says the same of a lake in a bucket (${server.name})`, async () => {
      const client = connect(server);
      const lake = `s3://${await makeBucket(client)}/some/where`;
      const env = environmentOf(server);
      const cwd = await fill("lake");
      await fill(lake, env);
      const local = await start([], cwd);
      const far = await start([lake], cwd, env);
      expect(comparable(await answersOf(far.get))).toEqual(comparable(await answersOf(local.get)));
      expect(await far.stop("SIGTERM")).toBe(143);
      client.destroy();
    });
  }

  it("gives each link once and prints the next; with --json its address is data", async () => {
    const { port, said, links } = await start(["--json", "./lake"], emptyLake());
    while (!said.stdout.endsWith("\n")) await sleep(10);
    const url = links()[0][0];
    expect(JSON.parse(said.stdout)).toEqual({ version: 1, lake: "./lake", port, url });
    const nobody = { headers: { Authorization: [] } };
    expect((await ask(port, url.slice(url.indexOf("/?")), nobody)).status).toBe(303);
    while (links().length < 2) await sleep(10);
    expect(links()[1][0]).not.toBe(url);
    expect((await ask(port, url.slice(url.indexOf("/?")), nobody)).status).toBe(401);
    expect((await ask(port, "/", BEARER)).body).toBe(fs.readFileSync("dist/dashboard/index.html", "utf8"));
  });

  it("says what to do about a port that is taken, a token that is short, a lake that is not there", async () => {
    const cwd = emptyLake();
    const { port, said } = await start([], cwd);
    const on = (args: string[], env = {}) => cli(["dashboard", ...args], { cwd, env });
    const taken = await on(["--port", String(port)]);
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringMatching(/the port is taken\. Add --port 0 /)]);
    for (const bad of ["65536", "-1", "x", "1.5", "", "0x50"]) {
      expect([bad, (await on(["--port", bad])).code]).toEqual([bad, 2]);
    }
    const short = await on(["--port", "0"], { VANTAGEFLOW_TOKEN: "only15letters.." });
    expect([short.code, short.stderr]).toEqual([2, expect.stringMatching(/VANTAGEFLOW_TOKEN: .*16 or more/)]);
    expect(short.stderr).not.toContain("only15letters");
    expect((await on(["elsewhere"])).stderr).toContain("there is no such lake");
    expect(said.stderr).not.toContain(TOKEN);
  });

  it("says to build where the page was not built", async () => {
    const cwd = emptyLake();
    fs.cpSync(resolve("dist/chunks"), join(cwd, "dist/chunks"), { recursive: true });
    fs.cpSync(CLI, join(cwd, "dist/cli.js"));
    const child = spawn(process.execPath, [join(cwd, "dist/cli.js"), "dashboard", "--port", "0"], { cwd });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    expect([(await once(child, "close"))[0], stderr]).toEqual([1, expect.stringContaining("Run: npm run build\n")]);
  });

  it.runIf(hasScript && process.platform === "linux")(
    "opens a browser with the link when it is told to, on a terminal only",
    async () => {
      const cwd = folder({ "bin/xdg-open": '#!/bin/sh\necho "$@" > "$OPENED"\n', "none/x": "" });
      fs.mkdirSync(join(cwd, "lake"));
      fs.chmodSync(join(cwd, "bin/xdg-open"), 0o755);
      const opened = join(cwd, "opened");
      const env = { PATH: `${join(cwd, "bin")}:${process.env.PATH}`, OPENED: opened };
      const piped = await start(["--open"], cwd, env);
      while (!piped.said.stderr.includes("no terminal")) await sleep(10);
      await piped.stop("SIGINT");
      expect(fs.existsSync(opened)).toBe(false);

      // The browser has it: Ctrl-C.
      fs.appendFileSync(join(cwd, "bin/xdg-open"), "kill -INT $PPID\n");
      const screen = onTerminal("dashboard --port 0 --open || true", cwd, env);
      expect(screen).toContain(fs.readFileSync(opened, "utf8").trim());
    },
  );
});
