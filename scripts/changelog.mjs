// Folds the fragments of changes/ into CHANGELOG.md at a release: npm run changelog [-- --dry-run]. changes/README.md has the form.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const KINDS = ["added", "changed", "deprecated", "removed", "fixed", "security"];
const NAME = new RegExp(`^[a-z0-9-]+\\.(${KINDS.join("|")})\\.md$`);
const SENTENCE = /^[A-Z`][^\n]*\.\n$/;

const { values } = parseArgs({ options: { "dry-run": { type: "boolean", default: false } } });
try {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const fragments = readFragments("changes");
  if (fragments.length === 0) console.log("Nothing to fold: changes/ has no fragment.");
  else if (values["dry-run"]) console.log(sectionOf(version, fragments).trimEnd());
  else release(version, fragments);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

/** The fragments of a folder, by name. Throws for one that has not the form. */
function readFragments(folder) {
  const names = readdirSync(folder).filter((name) => name !== "README.md");
  return names.sort().map((name) => {
    const [file, kind] = [`${folder}/${name}`, NAME.exec(name)?.[1]];
    if (kind === undefined) throw invalid(file, `its name is not <name>.<${KINDS.join("|")}>.md`, "Rename it");
    const text = readFileSync(file, "utf8");
    if (!SENTENCE.test(text)) throw invalid(file, "it is not one sentence on one line", "Write it as one");
    return { file, kind, text };
  });
}

/** What the changelog says of a version, today. */
function sectionOf(version, fragments) {
  const parts = KINDS.flatMap((kind) => {
    const lines = fragments.filter((one) => one.kind === kind).map(({ text }) => `- ${text}`);
    return lines.length === 0 ? [] : [`### ${kind[0].toUpperCase()}${kind.slice(1)}\n\n${lines.join("")}\n`];
  });
  return `## ${version} (${new Date().toISOString().slice(0, 10)})\n\n${parts.join("")}`;
}

/** The changelog first, whole, then the fragments: a kill in between leaves sentences twice and loses none. */
function release(version, fragments) {
  const changelog = readFileSync("CHANGELOG.md", "utf8");
  if (changelog.includes(`\n## ${version} `)) {
    throw invalid("CHANGELOG.md", `it has ${version} already`, "Raise the version in package.json first");
  }
  const newest = changelog.search(/^## /m);
  const at = newest === -1 ? changelog.length : newest;
  writeFileSync("CHANGELOG.md.new", `${changelog.slice(0, at)}${sectionOf(version, fragments)}${changelog.slice(at)}`);
  renameSync("CHANGELOG.md.new", "CHANGELOG.md");
  for (const { file } of fragments) rmSync(file);
  console.log(`Folded ${fragments.length} into CHANGELOG.md.`);
}

function invalid(file, why, what) {
  return new Error(`Cannot use "${file}": ${why}. ${what}; changes/README.md says the form.`);
}
