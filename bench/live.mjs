// What `vantageflow listen` takes over HTTP, in requests of 1,000 readings and of one, beside a bare node:http server that appends each
// body to a file and fsyncs it. Both in turns, in this run, with the client on the same cores:
//   npm run build && npm run bench:live [-- --seconds 5 --rounds 3]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { median } from "./ratio.mjs";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "5" }, rounds: { type: "string", default: "3" } },
});
const [SECONDS, ROUNDS] = [Number(values.seconds), Number(values.rounds)];
const home = mkdtempSync(join(tmpdir(), "vantageflow-bench-live-"));

const BARE = `
import { createServer } from "node:http";
import { open } from "node:fs/promises";
const file = await open(process.argv[1], "a");
const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  await file.appendFile(Buffer.concat(chunks));
  await file.datasync();
  response.writeHead(202, { "Content-Length": 2 });
  response.end("{}");
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
`;

async function start(args) {
  const child = spawn(process.execPath, args, { cwd: home, stdio: ["ignore", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, "line");
  return { child, port: JSON.parse(line).port };
}

const reading = (i) =>
  `{"device_id":"FAB-TEM-${i % 500}","timestamp":"2025-12-27T00:00:${String(i % 60).padStart(2, "0")}Z","value":${20 + (i % 100) / 10},"unit":"C"}\n`;

function requestOf(readings) {
  const body = Array.from({ length: readings }, (_, i) => reading(i)).join("");
  const head = `POST /v1/readings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return Buffer.from(head + body);
}

/** Sends one request after the other on each of some connections. */
async function load(port, request, connections) {
  const times = [];
  let isOver = false;
  const began = performance.now();
  setTimeout(() => {
    isOver = true;
  }, SECONDS * 1000);
  async function client() {
    const socket = connect(port, "127.0.0.1").setNoDelay(true);
    await once(socket, "connect");
    while (!isOver) {
      const sent = performance.now();
      socket.write(request);
      let text = "";
      for (;;) {
        const [bytes] = await once(socket, "data");
        text += bytes.toString("latin1");
        const end = text.indexOf("\r\n\r\n");
        const length = /content-length: (\d+)/i.exec(text)?.[1];
        if (end > 0 && text.length >= end + 4 + Number(length)) break;
      }
      if (!text.startsWith("HTTP/1.1 202")) throw new Error(text);
      times.push(performance.now() - sent);
    }
    socket.destroy();
  }
  await Promise.all(Array.from({ length: connections }, client));
  times.sort((a, b) => a - b);
  const seconds = (performance.now() - began) / 1000;
  return { perSecond: times.length / seconds, p99: times[Math.floor(times.length * 0.99)] };
}

const peakMb = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024;

console.log(`load ${loadavg()[0].toFixed(1)} at the start`);
const listen = await start([resolve("dist/cli.js"), "listen", "lake", "--http", "0", "--json", "--quiet"]);
const bare = await start(["--input-type=module", "-e", BARE, join(home, "bare")]);
try {
  for (const [readings, connections] of [
    [1000, 4],
    [1, 64],
  ]) {
    const request = requestOf(readings);
    const runs = { listen: [], bare: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const order = round % 2 === 0 ? ["listen", "bare"] : ["bare", "listen"];
      for (const who of order) runs[who].push(await load({ listen, bare }[who].port, request, connections));
    }
    for (const [who, all] of Object.entries(runs)) {
      const perSecond = median(all.map((one) => one.perSecond));
      const p99 = median(all.map((one) => one.p99));
      console.log(
        `${who.padEnd(6)} ${readings} a request, ${connections} connections: ${Math.round(perSecond * readings)} readings/s, ${Math.round(perSecond)} requests/s, p99 ${p99.toFixed(0)} ms`,
      );
    }
    const ratios = runs.listen.map(({ perSecond }, i) => perSecond / runs.bare[i].perSecond);
    console.log(`ratio  ${median(ratios).toFixed(2)} times the requests/s of the bare server`);
  }
  console.log(`memory at most ${Math.round(peakMb(listen.child.pid))} MB; load ${loadavg()[0].toFixed(1)} at the end`);
} finally {
  listen.child.kill("SIGTERM");
  bare.child.kill("SIGKILL");
  await once(listen.child, "close");
  rmSync(home, { recursive: true });
}
