import * as fs from "node:fs";
import { join } from "node:path";
import { it } from "vitest";
import { startWatch } from "../faults/watching.ts";
import { cli, folder, HEADER } from "./run-cli.ts";

const START = Date.UTC(2025, 0, 1);

function csvOf(from: number, to: number): string {
  let csv = HEADER;
  for (let i = from; i < to; i++) {
    const value = i === 700 ? 900 : 20 + Math.sin(i * i);
    csv += `${new Date(START + 300_000 * i).toISOString()},A,${value.toFixed(3)},C,0\n`;
  }
  return csv;
}

it("watch says that something is odd when it has come into the table", async () => {
  const cwd = folder({ "lake/bronze/a.csv": csvOf(0, 600) });
  for (const args of [["run"], ["tables", "sync"], ["detect"]]) await cli(args, { cwd });
  const watch = await startWatch(cwd);
  fs.writeFileSync(join(cwd, "lake/bronze/b.csv"), csvOf(600, 800));
  await watch.until(
    () => watch.lines.some(({ type, found = 0 }) => type === "detections" && found === 1),
    "the detection",
  );
  await watch.end();
});
