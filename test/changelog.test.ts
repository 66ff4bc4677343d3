import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { command, folder } from "./cli/run-cli.ts";

const SCRIPT = resolve("scripts/changelog.mjs");
const CHANGELOG = "# Changelog\n\nWhat users see.\n\n## 1.1.0 (2026-11-29)\n\n### Fixed\n\n- Old.\n";
const FRAGMENTS = {
  "changes/README.md": "# The form\n",
  "changes/b-mended.fixed.md": "A file is read.\n",
  "changes/a-mended.fixed.md": "Another is, too.\n",
  "changes/new.added.md": "`verify` is new.\n",
};

function release(version: string, files: Record<string, string> = FRAGMENTS): string {
  return folder({ "package.json": JSON.stringify({ version }), "CHANGELOG.md": CHANGELOG, ...files });
}

const fold = (cwd: string, ...flags: string[]) => command(process.execPath, [SCRIPT, ...flags], { cwd });

describe("the changelog", () => {
  it("has fragments of the form that changes/README.md says, and a section for the version there is", async () => {
    const present = readdirSync("changes").map((name) => join("changes", name));
    const files = Object.fromEntries(present.map((file) => [file, readFileSync(file, "utf8")]));
    const { code, stdout, stderr } = await fold(release("9.9.9", files), "--dry-run");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^(## 9\.9\.9 \(|Nothing to fold)/);
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(readFileSync("CHANGELOG.md", "utf8")).toContain(`\n## ${version} (`);
  });

  it("folds fragments into a section of their release, by kind, and removes them", async () => {
    const cwd = release("1.2.0");
    const dry = await fold(cwd, "--dry-run");
    expect([dry.code, readFileSync(join(cwd, "CHANGELOG.md"), "utf8")]).toEqual([0, CHANGELOG]);
    const { code, stdout } = await fold(cwd);
    expect([code, stdout]).toEqual([0, "Folded 3 into CHANGELOG.md.\n"]);
    const today = new Date().toISOString().slice(0, 10);
    const section = `## 1.2.0 (${today})

### Added

- \`verify\` is new.

### Fixed

- Another is, too.
- A file is read.
`;
    expect(dry.stdout).toBe(section);
    expect(readFileSync(join(cwd, "CHANGELOG.md"), "utf8")).toBe(CHANGELOG.replace("## 1.1.0", `${section}\n## 1.1.0`));
    expect(readdirSync(cwd).sort()).toEqual(["CHANGELOG.md", "changes", "package.json"]);
    expect(readdirSync(join(cwd, "changes"))).toEqual(["README.md"]);
    expect((await fold(cwd)).stdout).toBe("Nothing to fold: changes/ has no fragment.\n");
  });

  it("folds nothing into a release that is out", async () => {
    const cwd = release("1.1.0");
    const { code, stderr } = await fold(cwd);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Cannot use "CHANGELOG.md": it has 1.1.0 already.')]);
    expect(readFileSync(join(cwd, "CHANGELOG.md"), "utf8")).toBe(CHANGELOG);
    expect(readdirSync(join(cwd, "changes")).length).toBe(4);
  });

  it("folds none of the fragments when one has not the form", async () => {
    for (const [name, text, why] of [
      ["x.md", "A file is read.\n", "its name is not"],
      ["x.mended.md", "A file is read.\n", "its name is not"],
      ["X Y.fixed.md", "A file is read.\n", "its name is not"],
      ["x.fixed.md", "A file is read\n", "it is not one sentence"],
      ["x.fixed.md", "a file is read.\n", "it is not one sentence"],
      ["x.fixed.md", "A file.\nAnother.\n", "it is not one sentence"],
      ["x.fixed.md", "", "it is not one sentence"],
    ]) {
      const cwd = release("1.2.0", { ...FRAGMENTS, [`changes/${name}`]: text });
      const { code, stderr } = await fold(cwd);
      expect([name, code, stderr]).toEqual([name, 1, expect.stringContaining(`Cannot use "changes/${name}": ${why}`)]);
      expect(readFileSync(join(cwd, "CHANGELOG.md"), "utf8")).toBe(CHANGELOG);
    }
  });
});
