import { topology } from "../topology.ts";

/** Beside the receipts, and kept for longer than they are: no age removes it, and no function may write to it. */
export const SEALS = topology.layers.seals.prefix;
const MANIFESTS = `${SEALS}manifests/`;
/** A seal an hour for more than a hundred thousand years. */
const DIGITS = 9;

/** Where the seal of a number stands, from 1 on: a listing shows them in the order of the chain. */
export function sealKey(number: number): string {
  return `${SEALS}${String(number).padStart(DIGITS, "0")}.json`;
}

/** The number of the seal of this key; null for any other. */
export function sealNumber(key: string): number | null {
  const [, digits] = /^([0-9]{9})\.json$/.exec(key.startsWith(SEALS) ? key.slice(SEALS.length) : "") ?? [];
  return digits === undefined || Number(digits) === 0 ? null : Number(digits);
}

/** Where a manifest stands that may become that of the seal of this number: two sealers at once have one each. */
export function manifestKey(number: number, id: string): string {
  return `${manifestsOf(number)}${id}.jsonl`;
}

/** What the keys of all manifests begin with that were written for a seal of this number. */
export function manifestsOf(number: number): string {
  return `${MANIFESTS}${String(number).padStart(DIGITS, "0")}-`;
}

/** The number that a manifest was written for; null for any other key. */
export function manifestNumber(key: string): number | null {
  const [, digits] =
    /^([0-9]{9})-[^/]+\.jsonl$/.exec(key.startsWith(MANIFESTS) ? key.slice(MANIFESTS.length) : "") ?? [];
  return digits === undefined ? null : Number(digits);
}
