import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { freePort } from "./free-port.ts";

/** Debian has it where only root looks. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

export const hasMosquitto = ["mosquitto", "mosquitto_pub"].every(
  (command) => spawnSync(command, ["--help"], { env }).error === undefined,
);
if (!hasMosquitto) {
  console.warn("No mosquitto was found (apt-get install mosquitto mosquitto-clients): the tests of MQTT are skipped.");
}

const home = fs.mkdtempSync(join(tmpdir(), "vantageflow-mosquitto-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  fs.rmSync(home, { recursive: true, force: true });
});
let brokers = 0;

/** A broker of its own, which keeps sessions on its disk; `lines` are of its configuration. */
export async function startMosquitto(lines: readonly string[] = ["allow_anonymous true"]) {
  const folder = join(home, String(++brokers));
  fs.mkdirSync(folder);
  const port = await freePort();
  const config = join(folder, "mosquitto.conf");
  const own = [`listener ${port} 127.0.0.1`, "persistence true", `persistence_location ${folder}/`];
  const more = ["max_queued_messages 100000", "log_dest stderr", "log_type information"];
  // As whom it runs is not to be another, who may not write there.
  const user = process.getuid?.() === 0 ? ["user root"] : [];
  fs.writeFileSync(config, [...own, ...more, ...user, ...lines, ""].join("\n"));
  let child: ChildProcess;

  async function start(): Promise<void> {
    child = spawn("mosquitto", ["-c", config], { env, stdio: ["ignore", "ignore", "pipe"] });
    children.push(child);
    await new Promise<void>((resolve, reject) => {
      let said = "";
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (said.includes("running")) resolve();
      });
      child.once("exit", () => reject(new Error(`mosquitto ended: ${said}`)));
    });
  }

  async function stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  await start();
  return { port, url: `mqtt://127.0.0.1:${port}`, folder, start, stop };
}

/** `mosquitto_pub` at QoS 1. */
export function publish(port: number, topic: string, message: string, more: readonly string[] = []): void {
  const args = ["-p", String(port), "-q", "1", "-t", topic, "-m", message, ...more];
  const { status, stderr } = spawnSync("mosquitto_pub", args, { env, encoding: "utf8" });
  if (status !== 0) throw new Error(`mosquitto_pub: ${stderr}`);
}

/** A line of help or docs that needs a broker, with the port of one that is up; null where there is none to be had. */
export async function withBroker(line: string): Promise<{ readonly line: string; readonly url: string } | null> {
  if (!hasMosquitto) return null;
  const { port, url } = await startMosquitto();
  const typed = line.replaceAll("mqtt://localhost", url).replaceAll("mosquitto_pub ", `mosquitto_pub -p ${port} `);
  return { line: typed, url };
}
