import { writeToString } from "fast-csv";
import { DEVICE_FIELDS, type DeviceReport } from "./merge.ts";

/** The report as CSV (RFC 4180): ids are those of the lake, byte for byte, also where a spreadsheet reads a formula. `more` are further fields. */
export function reportCsv(devices: readonly DeviceReport[], more: readonly string[] = []): Promise<string> {
  return writeToString([...devices], {
    headers: [...DEVICE_FIELDS, ...more],
    alwaysWriteHeaders: true,
    includeEndRowDelimiter: true,
  });
}
