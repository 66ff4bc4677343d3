import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { runCommand } from "./processes.mjs";

/** Sources for benchmarks, seeded: the same bytes every time. */

/** Numerical Recipes' linear congruential generator. */
function random(seed) {
  let state = seed >>> 0;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function write(file, lines) {
  const stream = createWriteStream(file);
  let text = "";
  for (const line of lines) {
    text += line;
    if (text.length < 1 << 16) continue;
    if (!stream.write(text)) await once(stream, "drain");
    text = "";
  }
  stream.end(text);
  await once(stream, "close");
}

const two = (n) => String(n).padStart(2, "0");
const comma = (n, digits) => (n / 10 ** digits).toFixed(digits).replace(".", ",");

/** The dialect of a well-known air-quality set: five measures, some without a value. */
export function writeSemicolons(file, rows) {
  return write(file, lines());
  function* lines() {
    yield "Date;Time;CO;NMHC;T;RH;AH\n";
    const next = random(7);
    for (let i = 0; i < rows; i++) {
      const at = new Date(Date.UTC(2004, 2, 10) + i * 60_000);
      const date = `${two(at.getUTCDate())}/${two(at.getUTCMonth() + 1)}/${at.getUTCFullYear()}`;
      const time = `${two(at.getUTCHours())}.${two(at.getUTCMinutes())}.00`;
      const nmhc = next(50) === 0 ? "-200" : String(next(900));
      yield `${date};${time};${comma(next(100), 1)};${nmhc};${comma(next(450), 1)};${comma(next(1000), 1)};${comma(next(25000), 4)}\n`;
    }
  }
}

/** As a network server for LoRaWAN writes it: three measures a line, one a level deeper. */
export function writeNested(file, lines) {
  return write(file, documents());
  function* documents() {
    const next = random(11);
    for (let i = 0; i < lines; i++) {
      const at = new Date(Date.UTC(2025, 2, 1) + i * 1000).toISOString().replace("Z", "456789Z");
      const payload = `{"temp":${(next(500) / 10).toFixed(1)},"soil":{"moisture":${(next(1000) / 10).toFixed(1)}},"battery":${(3 + next(900) / 1000).toFixed(3)}}`;
      yield `{"result":{"end_device_ids":{"device_id":"field-${next(200)}","dev_eui":"0000000000000000"},"received_at":"${at}","uplink_message":{"f_port":2,"decoded_payload":${payload},"rx_metadata":[{"rssi":-${next(120)}}]}}}\n`;
    }
  }
}

/** Readings of the data contract. */
export async function writePlain(cli, file, rows, devices = 200) {
  const script = `"$1" "$2" generate --rows "$3" --devices "$4" --seed 1 > "$5"`;
  const numbers = [String(rows), String(devices)];
  await runCommand(["bash", "-c", script, "bash", process.execPath, cli, ...numbers, file], process.cwd());
}
