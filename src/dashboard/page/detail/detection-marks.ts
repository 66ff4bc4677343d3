import * as Plot from "@observablehq/plot";
import type { DetectionDocument } from "../../../monitor/details.ts";
import { counted, reading } from "../format.ts";
import { detectionReason } from "../parts/detections.tsx";

interface Dated extends DetectionDocument {
  readonly date: Date;
}

/**
 * Marks of detections for a picture of values over time: the value is in a frame, and behind it stands from where to where it would have
 * been usual, with what was expected. Those that are muted step back.
 */
export function detectionMarks(detections: readonly DetectionDocument[]): Plot.Markish[] {
  const dated = detections.map((one): Dated => ({ ...one, date: new Date(one.timestamp) }));
  const stroke = "var(--detections)";
  const strokeOpacity = ({ muted }: Dated) => (muted === null ? 1 : 0.45);
  const usual = { x: "date", y1: ({ band }: Dated) => band[0], y2: ({ band }: Dated) => band[1], stroke };
  return [
    Plot.ruleX(dated, { ...usual, strokeWidth: 8, strokeOpacity: 0.28 }),
    Plot.ruleX(dated, { ...usual, strokeOpacity }),
    Plot.dot(dated, { x: "date", y: "expected", r: 4, symbol: "plus", stroke, strokeWidth: 1.5, strokeOpacity }),
    Plot.dot(dated, { x: "date", y: "value", r: 7, symbol: "diamond", stroke, strokeWidth: 2, strokeOpacity }),
  ];
}

/** Those of a stretch of time, milliseconds since the epoch, both ends included. */
export function detectionsIn(detections: readonly DetectionDocument[], from: number, to: number): DetectionDocument[] {
  return detections.filter(({ timestamp }) => Date.parse(timestamp) >= from && Date.parse(timestamp) <= to);
}

/** `◇ level shift, expected 20.50`, for what is told of a datum. */
export function detectionText({ reason, expected, muted }: DetectionDocument): string {
  return `◇ ${detectionReason(reason)}${muted === null ? "" : ", muted"}: ${reading(expected)} was expected`;
}

/** `; 2 detections, 1 of them muted`, for the picture in words; the list below it has each. */
export function detectionSummary(detections: readonly DetectionDocument[]): string {
  if (detections.length === 0) return "";
  const muted = detections.filter((one) => one.muted !== null).length;
  return `; ${counted(detections.length, "detection")}${muted === 0 ? "" : `, ${muted} of them muted`}`;
}
