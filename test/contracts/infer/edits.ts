import { expect } from "vitest";

type Edit = readonly [line: string, replacement: string];

/** What has to be edited in each proposal, a line each, to take its source in as it was meant. */
export const EDITS: Readonly<Record<string, readonly Edit[]>> = {
  "excel-german": [
    [
      '    "timestamp": { "column": "Datum", "format": "dd.MM.yyyy HH:mm:ss", "zone": "UTC" },',
      '    "timestamp": { "column": "Datum", "format": "dd.MM.yyyy HH:mm:ss", "zone": "+02:00" },',
    ],
  ],
  grafana: [
    ['    "device_id": { "column": "Series" },', '    "device_id": { "column": "Series", "replace": { " ": "-" } },'],
    ['    "unit": { "constant": "?" }', '    "unit": { "constant": "°C" }'],
  ],
  hobo: [
    [
      '        "Temp, °F (LGR S/N: 1000001, SEN S/N: 1000001)": {},',
      '        "Temp, °F (LGR S/N: 1000001, SEN S/N: 1000001)": { "as": "temp" },',
    ],
    [
      '        "RH, % (LGR S/N: 1000001, SEN S/N: 1000001)": {}',
      '        "RH, % (LGR S/N: 1000001, SEN S/N: 1000001)": { "as": "rh" }',
    ],
  ],
  "home-assistant": [],
  "line-protocol": [
    ['        "pressure": { "unit": "?" },', '        "pressure": { "unit": "bar" },'],
    ['        "flow": { "unit": "?" }', '        "flow": { "unit": "l/min" }'],
  ],
  "local-time-autumn": [
    [
      '    "timestamp": { "column": "time", "format": "dd.MM.yyyy HH:mm", "zone": "UTC" },',
      '    "timestamp": { "column": "time", "format": "dd.MM.yyyy HH:mm", "zone": "Europe/Berlin" },',
    ],
    ['    "unit": { "constant": "?" }', '    "unit": { "constant": "bar" }'],
  ],
  "local-time-vancouver": [
    [
      '    "timestamp": { "column": "local time", "zone": "UTC" },',
      '    "timestamp": { "column": "local time", "zone": "America/Vancouver" },',
    ],
  ],
  "lorawan-uplinks": [
    [
      '        "result.uplink_message.decoded_payload.battery": { "unit": "?" }',
      '        "result.uplink_message.decoded_payload.battery": { "unit": "V" }',
    ],
  ],
  "semicolon-decimal-comma": [
    ['    "device_id": { "template": "{file}.{measure}" },', '    "device_id": { "template": "airq.{measure}" },'],
    ['        "CO(GT)": { "unit": "?" },', '        "CO(GT)": { "as": "CO", "unit": "mg/m3" },'],
    ['        "NMHC(GT)": { "unit": "?" },', '        "NMHC(GT)": { "as": "NMHC", "unit": "ug/m3" },'],
  ],
  "senml-gateway": [],
  toa5: [
    [
      '    "timestamp": { "column": "TIMESTAMP", "zone": "UTC" },',
      '    "timestamp": { "column": "TIMESTAMP", "zone": "+01:00" },',
    ],
  ],
};

/** A proposal after these edits; each line is one of its own there. */
export function edited(text: string, edits: readonly Edit[]): string {
  const lines = text.split("\n");
  for (const [line, replacement] of edits) {
    const at = lines.indexOf(line);
    expect([line, at >= 0 && lines.lastIndexOf(line) === at]).toEqual([line, true]);
    lines[at] = replacement;
  }
  return lines.join("\n");
}
