import { pathToFileURL } from "node:url";
import { ThreadedRows } from "../../../src/contracts/threads/threaded-rows.ts";
import { contract, delimited } from "./delimited.ts";
import type { SampleSource } from "./sample.ts";

const SCRIPT = pathToFileURL("dist/rows.js");
const SETUP = { contract, arrival: 0, maxRowBytes: 1024 * 1024 };

/** The rows of the delimited sample, made by a thread of their own. */
export const threaded: SampleSource = {
  ...delimited,
  open: ({ key }, pull, arena) => new ThreadedRows(SCRIPT, { ...SETUP, key }, pull, arena),
  runs: 0.1,
};
