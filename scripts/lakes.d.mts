export type LakeKind = "empty" | "healthy" | "on-fire" | "detected" | "thousand" | "hostile";
interface Device {
  readonly id: string;
  readonly rate: number;
}
interface BatchOptions {
  readonly rows: number;
  readonly seed: number;
  readonly end: number;
  readonly invalid?: number;
}
export const HOSTILE: readonly string[];
export function fleet(count: number, failing?: number): readonly Device[];
export function batch(devices: readonly Device[], options: BatchOptions): string;
export function ingest(lake: string, files: Readonly<Record<string, string | Uint8Array>>): void;
export function makeLake(kind: LakeKind, directory: string, now?: number): string;
