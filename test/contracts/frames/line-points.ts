import { LineFrame } from "../../../src/contracts/frames/line-protocol.ts";
import type { OpenFrame } from "./laws.ts";

export const opened =
  (columns: readonly string[], maxRecordBytes = 1000, leaves = true): OpenFrame =>
  (pull) =>
    new LineFrame("bronze/b", pull, { columns, leaves, maxRecordBytes });
