import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The licences of the packages that bundles hold parts of (`inputs` of esbuild's metafiles); they go with every copy. */
export function licencesOf(inputs) {
  const packages = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  const texts = [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined && license === undefined) throw new Error(`${name} states no licence.`);
    const text = file === undefined ? `Licence: ${license}` : readFileSync(join(folder, file), "utf8").trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  return `The files of this folder hold parts of these packages.\n\n${[...new Set(texts)].join("\n----\n\n")}`;
}
