// What `vantageflow listen` takes by MQTT, durable before it is acknowledged, beside a bare mqtt.js subscriber that writes nothing: both
// take what a broker has queued for them at QoS 1 while they were away, in turns, in this run, on the broker's cores. Needs mosquitto:
//   npm run build && npm run bench:live:mqtt [-- --messages 100000 --rounds 5]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import mqtt from "mqtt";
import { median } from "./ratio.mjs";

const { values } = parseArgs({
  options: { messages: { type: "string", default: "100000" }, rounds: { type: "string", default: "5" } },
});
const [MESSAGES, ROUNDS] = [Number(values.messages), Number(values.rounds)];
const home = mkdtempSync(join(tmpdir(), "vantageflow-bench-mqtt-"));
const TOPIC = "plant/+/+";
/** The last of a round: no reading, so that `listen` tells of it, behind its acknowledgement. */
const LAST = "the end";

const BARE = `
import mqtt from "mqtt";
const [url, clientId, topic] = process.argv.slice(1);
const client = mqtt.connect(url, { clientId, protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: 3600, receiveMaximum: 2000 } });
client.on("connect", () => client.subscribe(topic, { qos: 1 }, () => console.log("subscribed")));
let bytes = 0;
client.on("message", (_, payload) => {
  bytes += payload.length;
  if (payload.toString() === ${JSON.stringify(LAST)}) console.log("trouble " + bytes);
});
process.on("SIGTERM", () => client.end(false, () => process.exit()));
`;

const probe = createServer().listen(0, "127.0.0.1");
await once(probe, "listening");
const { port } = probe.address();
probe.close();
writeFileSync(
  join(home, "mosquitto.conf"),
  `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nlog_dest stderr\nlog_type notice\nlog_type information\n`,
);
const broker = spawn("mosquitto", ["-c", join(home, "mosquitto.conf")], { stdio: ["ignore", "ignore", "pipe"] });
const log = createInterface({ input: broker.stderr });
const url = `mqtt://127.0.0.1:${port}`;

/** The next line of an output that has a text. */
function line(lines, text) {
  return new Promise((found) => {
    lines.on("line", (one) => {
      if (one.includes(text)) found(performance.now());
    });
  });
}
await line(log, "running");

const START = {
  listen: () => [
    resolve("dist/cli.js"),
    "listen",
    join(home, "lake"),
    "--mqtt",
    url,
    "--topic",
    TOPIC,
    "--client-id",
    "listen",
    "--json",
  ],
  bare: () => ["--input-type=module", "-e", BARE, url, "bare", TOPIC],
};

function start(who) {
  const child = spawn(process.execPath, START[who](), { stdio: ["ignore", "pipe", "ignore"] });
  return { child, lines: createInterface({ input: child.stdout }) };
}

async function end({ child }) {
  child.kill("SIGTERM");
  await once(child, "close");
}

/** Has the broker queue messages for whoever is away. */
async function fill(round) {
  const client = await mqtt.connectAsync(url, { protocolVersion: 5 });
  const sent = [];
  for (let i = 0; i < MESSAGES; i++) {
    const time = new Date(Date.UTC(2025, 0, 1 + round) + i).toISOString();
    sent.push(
      client.publishAsync(
        `plant/l${i % 5}/d${i % 500}`,
        `{"timestamp":"${time}","value":${20 + (i % 100) / 10},"unit":"C"}`,
        { qos: 1 },
      ),
    );
    if (sent.length === 1000) await Promise.all(sent.splice(0));
  }
  await Promise.all(sent);
  await client.publishAsync("plant/l0/d0", LAST, { qos: 1 });
  await client.endAsync();
}

const peakMb = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024;

console.log(`load ${loadavg()[0].toFixed(1)} at the start`);
const [rates, memory] = [{ listen: [], bare: [] }, []];
try {
  for (const who of ["listen", "bare"]) {
    const first = start(who);
    await line(first.lines, who === "bare" ? "subscribed" : "listening");
    await end(first);
  }
  for (let round = 0; round < ROUNDS; round++) {
    await fill(round);
    for (const who of round % 2 === 0 ? ["listen", "bare"] : ["bare", "listen"]) {
      const connected = line(log, `as ${who}`);
      const subscriber = start(who);
      const took = (await line(subscriber.lines, "trouble")) - (await connected);
      rates[who].push(MESSAGES / (took / 1000));
      if (who === "listen") memory.push(peakMb(subscriber.child.pid));
      await end(subscriber);
    }
  }
  for (const [who, all] of Object.entries(rates)) console.log(`${who.padEnd(6)} ${Math.round(median(all))} messages/s`);
  const ratios = rates.listen.map((rate, i) => rate / rates.bare[i]);
  console.log(`ratio  ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(", ")})`);
  console.log(`memory at most ${Math.round(Math.max(...memory))} MB; load ${loadavg()[0].toFixed(1)} at the end`);
} finally {
  broker.kill("SIGTERM");
  await once(broker, "close");
  rmSync(home, { recursive: true });
}
