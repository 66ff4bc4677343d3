import type { DeviceStatistics, DeviceTable } from "./devices.ts";
import { percentageOf } from "./percentage.ts";

export const GOLD_HEADER = "device_id,total_readings,avg_value,min_value,max_value,anomaly_count,anomaly_percentage";

/** Bytes gathered before they are handed on. */
const CHUNK = 64 * 1024;

/** The gold object of a batch, in chunks: the header and one row per device in order of first appearance. */
export function* goldBytes(devices: DeviceTable): Generator<Buffer> {
  let text = `${GOLD_HEADER}\n`;
  for (const device of devices.devices()) {
    text += `${goldRow(device)}\n`;
    if (text.length >= CHUNK) {
      yield Buffer.from(text, "utf8");
      text = "";
    }
  }
  yield Buffer.from(text, "utf8");
}

function goldRow(d: DeviceStatistics): string {
  const id = Buffer.from(d.id.buffer, d.id.byteOffset, d.id.length).toString("utf8");
  const numbers = `${formatDouble(d.average)},${formatDouble(d.minimum)},${formatDouble(d.maximum)}`;
  return `${csvField(id)},${d.total},${numbers},${d.anomalies},${percentageOf(d.anomalies, d.total).toFixed(1)}`;
}

/** A CSV field, quoted where RFC 4180 §2.6 asks for it, and around blanks at its ends, which readers like to drop. */
export function csvField(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The shortest decimal that reads back to the same double, `.0` added to integers, minus zero as `0.0`. */
export function formatDouble(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
