import type { Pull, SourceObject } from "../pipeline/source.ts";
import { openDelimited } from "./open-delimited.ts";
import type { OpenOptions } from "./open-options.ts";
import { openRecords } from "./open-records.ts";

/** The frame that cuts a source into records, and what makes rows of them. */
export function openFrame(object: SourceObject, pull: Pull, options: OpenOptions) {
  return options.contract.format.type === "csv"
    ? openDelimited(object, pull, options)
    : openRecords(object, pull, options);
}
