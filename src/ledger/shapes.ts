/** What a value of a JSON text is. */

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function areStrings(...values: unknown[]): boolean {
  return values.every((value) => typeof value === "string");
}

export function areNumbers(...values: unknown[]): boolean {
  return values.every((value) => typeof value === "number" && Number.isFinite(value));
}
