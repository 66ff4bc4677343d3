// Bundles the dashboard's page into dist/dashboard: one script, one stylesheet, no request to anywhere else.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const PAGE = "src/dashboard/page";
const OUT = "dist/dashboard";

/** Writes index.html, app.js, app.css, favicon.svg and the licences of what app.js holds. */
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
  writeFileSync(join(OUT, "LICENSES.txt"), licencesOf(Object.keys(metafile.inputs)));
}

/** The licences of what is inside of the bundle ask to go with every copy. */
function licencesOf(inputs) {
  const packages = new Set(inputs.flatMap((input) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  const texts = [...packages].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined || !existsSync(join(folder, file))) throw new Error(`${name} has no licence file.`);
    return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  return `app.js holds parts of these packages.\n\n${texts.join("\n----\n\n")}`;
}
