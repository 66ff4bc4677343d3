import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const FOLDER = fileURLToPath(new URL("../src/detection", import.meta.url));

/**
 * Replaces in a file of `src/detection/` the one place of a text.
 * @typedef {{ file: string, find: RegExp | string, by: (found: string) => string }} Edit
 */

/**
 * The detector of this tree with its source changed: the product has no knobs for what a benchmark turns.
 * Throws where an edit does not find its place, or finds two.
 * @param {readonly Edit[]} edits
 * @returns {Promise<{
 *   Detectors: typeof import("../src/detection/detectors.ts").Detectors,
 *   sensitivityFor: typeof import("../src/detection/sensitivity.ts").sensitivityFor,
 * }>}
 */
export async function detectorWith(edits) {
  const left = new Set(edits);
  const plugin = {
    name: "edits",
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]detection[\\/][^\\/]*\.ts$/ }, ({ path }) => {
        let contents = readFileSync(path, "utf8");
        for (const edit of edits) {
          if (edit.file !== basename(path)) continue;
          contents = edited(contents, edit);
          left.delete(edit);
        }
        return { contents, loader: "ts" };
      });
    },
  };
  const contents = 'export * from "./detectors.ts"; export * from "./sensitivity.ts";';
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: FOLDER, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
    plugins: [plugin],
  });
  for (const { file } of left) throw new Error(`Cannot change the detector: it has no src/detection/${file}.`);
  return await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

/** @param {Edit} edit */
function edited(contents, { file, find, by }) {
  const places = typeof find === "string" ? contents.split(find).length - 1 : [...contents.matchAll(find)].length;
  if (places !== 1) throw new Error(`Cannot change src/detection/${file}: it has ${places} places with ${find}.`);
  return contents.replace(find, by);
}

/**
 * Sets a constant of a file, by a function of what it is.
 * @param {(value: number) => number} change
 * @returns {Edit}
 */
export function constant(file, name, change) {
  const find = new RegExp(`(?<=^(?:export )?const ${name} = )[\\d_.]+(?=;)`, "gm");
  return { file, find, by: (found) => String(change(Number(found.replaceAll("_", "")))) };
}
