// Bundles the dashboard's page into dist/dashboard: one script, one stylesheet, no request to anywhere else.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const PAGE = "src/dashboard/page";
const OUT = "dist/dashboard";

/** Writes index.html, app.js, app.css and favicon.svg. Returns what they were made of. */
export async function buildPage() {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const { metafile } = await build({
    entryPoints: [
      { in: `${PAGE}/main.tsx`, out: "app" },
      { in: `${PAGE}/app.css`, out: "app" },
    ],
    outdir: OUT,
    bundle: true,
    minify: true,
    format: "esm",
    // What has light-dark(), subgrid and String.prototype.toWellFormed().
    target: ["chrome123", "firefox121", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    charset: "utf8",
    metafile: true,
    logLevel: "warning",
  });
  for (const file of ["index.html", "favicon.svg"]) cpSync(join(PAGE, file), join(OUT, file));
  return Object.keys(metafile.inputs);
}
