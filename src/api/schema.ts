import { REASON_TEXTS } from "../detection/reasons.ts";

/** A JSON Schema, draft 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

/** What is described under a name of its own. */
export type SchemaName =
  | "Overview"
  | "Health"
  | "Totals"
  | "Hour"
  | "Layers"
  | "RowCounts"
  | "Fault"
  | "Devices"
  | "DeviceReport"
  | "BatchSummary"
  | "OpenLetter"
  | "AlarmState"
  | "ContractState"
  | "ContractStanding"
  | "Verification"
  | "CostEstimate"
  | "RejectedRow"
  | "DevicePage"
  | "DeviceDetail"
  | "BatchPage"
  | "BatchDetail"
  | "Reading"
  | "ReadingPage"
  | "DeviceValues"
  | "Table"
  | "ReadingsState"
  | "DetectionsState"
  | "DoorOverview"
  | "Detection"
  | "DetectionPage"
  | "Error";

export const ref = (name: SchemaName): Schema => ({ $ref: `#/components/schemas/${name}` });

/** An object of exactly these properties, all of them there: the compiler holds it to the type, name by name. */
export function object<T>(properties: { readonly [name in keyof Required<T>]: Schema }): Schema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

export const list = (items: Schema): Schema => ({ type: "array", items });
export const upTo = (maxItems: number, items: Schema): Schema => ({ type: "array", items, maxItems });
export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] });
export const oneOf = (...values: readonly string[]): Schema => ({ type: "string", enum: values });

export const text: Schema = { type: "string" };
export const number: Schema = { type: "number" };
export const wholeNumber: Schema = { type: "integer", minimum: 0 };
export const percentage: Schema = { type: "number", minimum: 0, maximum: 100 };
export const milliseconds: Schema = { type: "number", minimum: 0, description: "Milliseconds." };
export const seconds: Schema = { type: "number", minimum: 0, description: "Seconds." };
export const usd: Schema = { type: "number", minimum: 0, description: "US dollars, estimated." };
export const time: Schema = { type: "string", format: "date-time" };
/** Why a reading is odd. */
export const reason: Schema = oneOf(...Object.keys(REASON_TEXTS));
export const firstVersion: Schema = { const: 1 };
export const lookedAt: Schema = { ...time, description: "When the lake was looked at." };
