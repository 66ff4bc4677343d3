#!/usr/bin/env bash
# Package: mqtt 5.16.0 (mqtt.js), with the broker aedes 1.2.0
# Expected: who overrides `handleMessage` may call its callback late: "Handle messages with backpressure support, one at a time"
#   (README, "client.handleMessage"). A subscriber that waits for a slow disk is slow, and stays connected to a broker that is well.
# Happens: while one callback is held nothing more is read, the broker's PINGRESP neither. After one and a half keep-alives the client
#   itself says "Keepalive timeout" and breaks off, connects again, gets the same message again, and so on for as long as the disk is slow.
# Matters: back-pressure becomes a connection that comes and goes every 90 seconds by the default, with everything that was in flight
#   sent again each time, and the broker, which answered every ping, is said to be at fault.
# Here: while there is no room the door pings by itself and puts off the client's own check (src/streams/doors/mqtt/connection.ts).
set -euo pipefail

version="${VERSION:-5.16.0}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact "mqtt@$version" aedes@1.2.0 >&2 || exit 2

cat > held.mjs <<'JS'
import { createServer } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Aedes } from "aedes";
import mqtt from "mqtt";

const KEEPALIVE = 1;
const broker = await Aedes.createBroker();
let answered = 0;
broker.on("ping", () => answered++);
const server = createServer(broker.handle).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `mqtt://127.0.0.1:${server.address().port}`;

/** How often a subscriber loses its connection, and gets the one message, in four keep-alives. */
async function subscriber(clientId, holds) {
  const client = mqtt.connect(url, { clientId, clean: false, keepalive: KEEPALIVE, reconnectPeriod: 100 });
  const seen = { closed: 0, messages: 0, errors: new Set() };
  const held = [];
  client.handleMessage = (_, callback) => {
    seen.messages++;
    if (holds) held.push(callback);
    else callback();
  };
  client.on("close", () => seen.closed++);
  client.on("error", ({ message }) => seen.errors.add(message));
  await once(client, "connect");
  await client.subscribeAsync("plant/#", { qos: 1 });
  const sender = await mqtt.connectAsync(url);
  await sender.publishAsync("plant/1", "21.5", { qos: 1 });
  await sender.endAsync();
  answered = 0;
  await sleep(4000 * KEEPALIVE);
  const pings = answered;
  client.end(true);
  return { ...seen, errors: [...seen.errors], pings };
}

const free = await subscriber("free", false);
const held = await subscriber("held", true);
console.log("called at once:", JSON.stringify(free));
console.log("called late:   ", JSON.stringify(held));
server.close();
broker.close();
if (free.closed !== 0 || free.messages !== 1) process.exit(2);
process.exit(held.closed > 0 && held.pings > 0 && held.messages > 1 ? 0 : 1);
JS
node held.mjs
