import * as fs from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { CLI, cli, folder, lakeWithHistory, pasted } from "./cli/run-cli.ts";
import { startDashboard, TOKEN } from "./cli/start-dashboard.ts";
import { startListen } from "./cli/start-listen.ts";
import { hasMosquitto, withBroker } from "./mosquitto.ts";

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...fs
    .readdirSync("docs", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** The shell blocks of a page, a command a line. */
function commandsOf(page: string): string[] {
  const blocks = fs.readFileSync(page, "utf8").matchAll(/^```sh\n([\s\S]*?)^```$/gm);
  return [...blocks].flatMap(([, block]) => block.trim().split("\n"));
}

/** What a test may not do again inside itself: install, run the tests, or measure for minutes. */
const OUTSIDE = /^(npm ci && npm test|npm run (bench|check|build)\b.*|node scripts\/(kill|soak|telegraf)\.mjs\b.*)$/;

/** Pages whose commands are about a lake that is there, and its backup. */
const NEEDS_A_LAKE = ["recovery.md", "parity.md", "monitoring.md", "api.md"].map((page) => join("docs", page));

const DASHBOARD = "127.0.0.1:4270/";
/** A listening process; a line that starts one itself has another port. */
const LISTENING = "localhost:4280/";

describe("the documentation", () => {
  it("has shell commands to hold it to", () => {
    expect(commandsOf("README.md").length).toBeGreaterThanOrEqual(2);
  });

  for (const page of pages) {
    for (const line of commandsOf(page).filter((one) => !OUTSIDE.test(one))) {
      const isMqtt = /mosquitto_pub|mqtt:\/\//.test(line);
      it.skipIf(isMqtt && !hasMosquitto)(`${page}: ${line}`, async () => {
        const bin = {
          "bin/npx": `#!/bin/sh\nshift\nexec "${process.execPath}" "${CLI}" "$@"\n`,
          "bin/npm": "#!/bin/sh\n",
          "zigbee.json": fs.readFileSync("fixtures/contract-messages/contracts/zigbee.json"),
          "bin/vantageflow": `#!/bin/sh\nexec "${process.execPath}" "${CLI}" "$@"\n`,
        };
        const cwd = await (NEEDS_A_LAKE.includes(page) ? lakeWithHistory(bin) : folder(bin));
        for (const name of ["npx", "npm", "vantageflow"]) fs.chmodSync(join(cwd, "bin", name), 0o755);
        fs.symlinkSync(resolve("fixtures"), join(cwd, "fixtures"));
        const env = { PATH: `${join(cwd, "bin")}:${process.env.PATH}`, VANTAGEFLOW_TOKEN: TOKEN };
        // What asks for the table or its detections finds them, made by the command above it.
        if (/\/(readings|values|detections)\b/.test(line)) await cli(["tables", "sync"], { cwd });
        if (/\/detections\b/.test(line)) await cli(["detect"], { cwd });
        // What asks the dashboard finds one, on a port that is free.
        const port = line.includes(DASHBOARD) ? (await startDashboard([], cwd)).port : null;
        const isAsked = line.includes(LISTENING) && !line.includes("vantageflow listen");
        const door = isAsked ? await startListen(cwd) : null;
        const broker = isMqtt ? await withBroker(line) : null;
        const flags = ["--mqtt", String(broker?.url), "--topic", "plant/{line}/{device_id}", "--flush-seconds", "0.2"];
        const subscriber = broker !== null && !line.includes("vantageflow") ? await startListen(cwd, flags) : null;
        const typed = (broker?.line ?? line)
          .replace(DASHBOARD, `127.0.0.1:${port}/`)
          .replace(LISTENING, `localhost:${door?.port ?? 4280}/`);
        const ran = await pasted(typed, { cwd, env });
        if (subscriber !== null) await expect.poll(() => subscriber.lines.at(-1)).toMatchObject({ type: "flush" });
        if (door !== null)
          expect(ran.stdout).toMatch(/^(\{"(accepted":\d|name":"vantageflow","status":"pass")|HTTP\/1.1 204 )/);
        expect([ran.code, ran.stderr.includes("vantageflow: ")]).toEqual([ran.wanted, false]);
      });
    }

    it(`${page}: every link to a file leads somewhere`, () => {
      for (const [, target] of fs.readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        expect(fs.existsSync(join(page, "..", target)), target).toBe(true);
      }
    });
  }

  it("shows the contract for messages that is there to be tried", () => {
    expect(fs.readFileSync("docs/live.md", "utf8")).toContain(
      fs.readFileSync("fixtures/contract-messages/contracts/zigbee.json", "utf8"),
    );
  });

  it("README's two lines are the ones that CI and newcomers run", () => {
    expect(commandsOf("README.md")).toContain("npm ci && npm test");
    expect(fs.readFileSync(".ci/run", "utf8")).toContain("\nnpm ci && npm test\n");
  });
});
