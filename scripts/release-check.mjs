// Whether this tree may be published as the tag TAG: node scripts/release-check.mjs TAG [OWNER/REPOSITORY]. Says all that is wrong, not
// only the first of it.
import { readdirSync, readFileSync } from "node:fs";

const [tag, repository] = process.argv.slice(2);
const { version, repository: stated, private: isPrivate } = JSON.parse(readFileSync("package.json", "utf8"));
const locked = JSON.parse(readFileSync("package-lock.json", "utf8"));
const left = readdirSync("changes").filter((name) => name !== "README.md");
const own = /^(?:git\+)?https:\/\/github\.com\/([^/]+\/[^/]+?)(?:\.git)?$/.exec(stated?.url ?? stated ?? "")?.[1];

const problems = [
  [tag !== `v${version}`, `the tag is ${tag} and package.json has ${version}. Tag v${version}, or raise the version`],
  [locked.version !== version, `package-lock.json has ${locked.version}. Run: npm install --package-lock-only`],
  [left.length > 0, `changes/ has ${left.length} fragments. Run: npm run changelog`],
  [
    !readFileSync("CHANGELOG.md", "utf8").includes(`\n## ${version} (`),
    `CHANGELOG.md has no ${version}. Run: npm run changelog`,
  ],
  [isPrivate === true, "package.json is private"],
  // npm refuses provenance of a package that names another repository, or none.
  [
    repository !== undefined && own?.toLowerCase() !== repository.toLowerCase(),
    `package.json names the repository ${own ?? "nowhere"}. Run: npm pkg set repository.type=git repository.url=git+https://github.com/${repository}.git`,
  ],
].flatMap(([isWrong, what]) => (isWrong ? [what] : []));
for (const what of problems) console.error(`Cannot release ${tag}: ${what}.`);
if (problems.length === 0) console.log(`${tag} may be released.`);
process.exitCode = problems.length === 0 ? 0 : 1;
