import { readFailures } from "../../ledger/failures.ts";
import type { LakeView } from "../view.ts";
import { batchOf, timeOf } from "./batches.ts";

/** What could not be done, and what has become of that since. */
export const deadLetters: LakeView = {
  name: "dead_letters",
  columns: [
    { name: "id", type: "text" },
    { name: "time", type: "time" },
    { name: "function", type: "text" },
    { name: "batch", type: "text" },
    { name: "source", type: "text" },
    { name: "code", type: "text" },
    { name: "message", type: "text" },
    { name: "state", type: "text" },
    { name: "open", type: "truth" },
  ],
  async *rows({ storage, failures, onOdd }) {
    const found = await readFailures(storage, { bucket: failures, onOdd });
    yield found.map(({ id, time, function: fn, key, code, message, state }) => [
      id,
      timeOf(time),
      fn,
      key === null ? null : batchOf(key),
      key,
      code,
      message,
      state,
      state === "open",
    ]);
  },
};
