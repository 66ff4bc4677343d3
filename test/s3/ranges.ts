import { xml } from "./listings.ts";

export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
}

/**
 * The part of a body that a Range header asks for (RFC 9110 §14), as S3 takes it: one range of bytes. What is no such range
 * is passed over, and all of it answered.
 */
export function ranged(body: Buffer, headers: Record<string, string>, range: string | undefined): Answer {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? [];
  const isSuffix = first === "";
  const isRange = isSuffix ? last !== "" : first !== undefined && (last === "" || Number(last) >= Number(first));
  if (!isRange) return { headers, body };
  const from = isSuffix ? Math.max(body.length - Number(last), 0) : Number(first);
  const part = body.subarray(from, isSuffix || last === "" ? undefined : Number(last) + 1);
  if (part.length === 0) {
    const headers = { "content-range": `bytes */${body.length}` };
    return { status: 416, headers, body: xml("Error", "<Code>InvalidRange</Code><Message>InvalidRange</Message>") };
  }
  const contentRange = `bytes ${from}-${from + part.length - 1}/${body.length}`;
  return { status: 206, headers: { ...headers, "content-range": contentRange }, body: part };
}
