import * as Plot from "@observablehq/plot";
import { escapeTerminal } from "../../../escape.ts";
import type { DevicePoint } from "../../../monitor/overview.ts";
import { CRITICAL_PERCENTAGE } from "../../../report/merge.ts";
import { isolate, PERCENT, percent, reading, shorten, shortNumber } from "../format.ts";
import { CRITICAL, isCritical } from "../health.ts";
import { GRID, LIMIT, QUIET, TIP } from "../parts/axes.ts";
import type { Drawing } from "../parts/chart.tsx";

const percentTick = (value: number) => `${value}${PERCENT}`;
const colourOf = (device: DevicePoint) => (isCritical(device) ? "var(--series-anomalies)" : "var(--series-in)");
/** Of an id beside its bar. */
const LETTER_WIDTH = 7;

/** Bars by device. What is over the limit differs in colour, and in the mark beside its number. */
export function drawTop(devices: readonly DevicePoint[], width: number): Drawing {
  const letters = Math.min(Math.floor(width / 3 / LETTER_WIDTH), 22);
  const labels = new Map(devices.map(({ device_id: id }) => [id, shorten(escapeTerminal(id), letters)]));
  const longest = Math.max(...Array.from(labels.values(), (label) => [...label].length));
  const bar = { x: "anomaly_percentage", y: "device_id" } as const;
  const most = Math.max(CRITICAL_PERCENTAGE + 5, ...devices.map((device) => device.anomaly_percentage));
  return Plot.plot({
    className: "plot",
    width,
    height: 40 + devices.length * 23,
    marginLeft: longest * LETTER_WIDTH + 14,
    marginRight: 52,
    marginTop: 18,
    marginBottom: 22,
    x: { domain: [0, Math.min(100, most)] },
    y: { type: "band", domain: [...labels.keys()], padding: 0.28 },
    marks: [
      Plot.gridX({ ...GRID, ticks: 5 }),
      Plot.axisX({ ...QUIET, ticks: 5, tickFormat: percentTick }),
      Plot.axisY({ ...QUIET, color: "currentColor", tickFormat: (id: string) => isolate(labels.get(id) ?? "") }),
      Plot.barX(devices, { ...bar, fill: colourOf, rx: 2 }),
      Plot.ruleX([CRITICAL_PERCENTAGE], LIMIT),
      Plot.text([CRITICAL_PERCENTAGE], {
        x: (limit: number) => limit,
        frameAnchor: "top",
        text: () => CRITICAL,
        dy: -15,
        fill: "var(--limit)",
      }),
      Plot.text(devices, {
        ...bar,
        text: (device) => `${percent(device.anomaly_percentage)}${isCritical(device) ? " ▲" : ""}`,
        textAnchor: "start",
        dx: 5,
        stroke: "var(--panel)",
        strokeWidth: 4,
        fill: "currentColor",
      }),
      Plot.tip(devices, Plot.pointerY({ ...bar, title: titleOf, ...TIP })),
    ],
  });
}

/** Devices by what they measure and how often it is an anomaly; those over the limit are triangles. */
export function drawScatter(points: readonly DevicePoint[], width: number): Drawing {
  const place = { x: "avg_value", y: "anomaly_percentage" } as const;
  const most = Math.max(CRITICAL_PERCENTAGE + 10, ...points.map((point) => point.anomaly_percentage));
  const usual = points.filter((point) => !isCritical(point));
  return Plot.plot({
    className: "plot",
    width,
    height: 270,
    marginLeft: 44,
    marginRight: 20,
    marginTop: 18,
    marginBottom: 36,
    x: { nice: true, inset: 8 },
    y: { domain: [0, Math.min(100, most)], nice: true },
    marks: [
      Plot.gridY({ ...GRID, ticks: 5 }),
      Plot.axisX({
        ...QUIET,
        label: "average value",
        labelArrow: "none",
        tickSize: 3,
        ticks: width / 90,
        tickFormat: shortNumber,
      }),
      Plot.axisY({ ...QUIET, ticks: 5, tickFormat: percentTick }),
      Plot.ruleY([CRITICAL_PERCENTAGE], LIMIT),
      Plot.text([CRITICAL_PERCENTAGE], {
        y: (limit: number) => limit,
        frameAnchor: "right",
        text: () => CRITICAL,
        dy: -8,
        fill: "var(--limit)",
      }),
      Plot.dot(usual, { ...place, r: 3.6, fill: "var(--series-in)", fillOpacity: 0.5, stroke: "var(--series-in)" }),
      Plot.dot(points.filter(isCritical), { ...place, r: 5, symbol: "triangle", fill: "var(--series-anomalies)" }),
      Plot.tip(points, Plot.pointer({ ...place, title: titleOf, ...TIP })),
    ],
  });
}

function titleOf(device: DevicePoint): string {
  return [
    isolate(shorten(escapeTerminal(device.device_id), 40)),
    `${percent(device.anomaly_percentage)} anomalies`,
    `average ${reading(device.avg_value)}`,
  ].join("\n");
}
