import { writeToString } from "fast-csv";
import { DEVICE_FIELDS, type DeviceReport } from "./merge.ts";

/**
 * The report as CSV for spreadsheets. Text that a spreadsheet would run as a formula gets a leading apostrophe
 * (OWASP, "CSV Injection"); the lake itself keeps such text verbatim.
 */
export function reportCsv(devices: readonly DeviceReport[]): Promise<string> {
  const rows = devices.map((device) => ({ ...device, device_id: harmless(device.device_id) }));
  return writeToString(rows, { headers: [...DEVICE_FIELDS], alwaysWriteHeaders: true, includeEndRowDelimiter: true });
}

function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
