import { VantageflowError } from "./errors.ts";

/** A folder of the lake, and all that is done to it as a whole: every list of layers is made from these. */
export type Layer = {
  readonly prefix: string;
  /** Days after which what was overwritten or removed cannot be restored any more. */
  readonly noncurrentDays: number;
  /** Whether a directory keeps what vantageflow replaces or removes of it; a bucket keeps it of every layer. */
  readonly retained: boolean;
  /** When a backup copies it: `last` what says that the rest is there, so that it never says so too soon. */
  readonly mirrored: "first" | "last" | "never";
  readonly storageClass: string;
  /** Where an object goes that is this old. */
  readonly transition?: { readonly afterDays: number; readonly storageClass: string };
} & Expiry;

/** `log`: of a table, whose objects are removed by its own vacuum only, for its log says which of them count. */
type Expiry =
  | {
      readonly expires: "age";
      /** Days after which an object is removed. */
      readonly retentionDays: number;
    }
  | { readonly expires: "log" | "never" };

/**
 * Throws `config_invalid` for a layer that does not say what becomes of it, or says it twice: an object that expires by a
 * mistake is gone.
 */
export function checkLayers<T extends { readonly layers: Readonly<Record<string, Layer>> }>(given: T): T {
  const prefixes = Object.values(given.layers).map(({ prefix }) => prefix);
  for (const [id, layer] of Object.entries(given.layers)) {
    const { prefix, expires, mirrored, retained } = layer;
    if (!/^[a-z-]+\/$/.test(prefix) || prefixes.indexOf(prefix) !== prefixes.lastIndexOf(prefix)) {
      throw refused(id, `has the prefix ${said(prefix)}`, "Give it one folder of its own");
    }
    if (!["age", "log", "never"].includes(expires)) {
      throw refused(id, `expires by ${said(expires)}`, "Use age, log or never");
    }
    if (!["first", "last", "never"].includes(mirrored)) {
      throw refused(id, `is mirrored ${said(mirrored)}`, "Use first, last or never");
    }
    if (typeof retained !== "boolean") throw refused(id, `has retained ${said(retained)}`, "Use true or false");
    if ((expires === "age") !== "retentionDays" in layer) {
      throw refused(id, `expires by "${expires}"`, "Give retentionDays to what expires by age, and to nothing else");
    }
    checkDays(id, "noncurrentDays", layer.noncurrentDays);
    if ("retentionDays" in layer) checkDays(id, "retentionDays", layer.retentionDays);
    if (layer.transition !== undefined) checkDays(id, "transition.afterDays", layer.transition.afterDays);
  }
  return given;
}

/** S3 takes whole days from 1 on (S3 API reference, "LifecycleExpiration", "NoncurrentVersionExpiration"). */
function checkDays(id: string, name: string, days: unknown): void {
  if (Number.isInteger(days) && Number(days) > 0) return;
  throw refused(id, `has ${name} ${said(days)}`, "Give whole days, 1 or more");
}

/** As it would stand in JSON; what is not there is `undefined`. */
function said(value: unknown): string {
  return String(JSON.stringify(value));
}

function refused(id: string, why: string, what: string): VantageflowError {
  return new VantageflowError("config_invalid", `Cannot use the topology: the layer "${id}" ${why}. ${what}.`);
}

/** How long an open table keeps what is in it. */
export interface TableRetention {
  /** Days for which a version that is not the newest can still be read. */
  readonly versionDays: number;
  /** Days after the day of a reading on which its row goes. */
  readonly rowDays: number;
}
