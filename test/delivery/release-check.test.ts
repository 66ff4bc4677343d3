import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { command, folder } from "../cli/run-cli.ts";

const SCRIPT = resolve("scripts/release-check.mjs");

/** A tree that may be released as v2.0.0, but for these files. */
function check(files: Record<string, string>, ...args: string[]) {
  const repository = { type: "git", url: "git+https://github.com/o/r.git" };
  const tree = {
    "package.json": JSON.stringify({ version: "2.0.0", repository }),
    "package-lock.json": '{"version":"2.0.0"}',
    "CHANGELOG.md": "# Changelog\n\n## 2.0.0 (2026-12-01)\n",
    "changes/README.md": "",
    ...files,
  };
  return command(process.execPath, [SCRIPT, ...args], { cwd: folder(tree) });
}

describe("a release", () => {
  it("may be published when tag, versions, changelog and repository agree", async () => {
    expect(await check({}, "v2.0.0", "O/r")).toMatchObject({ code: 0, stdout: "v2.0.0 may be released.\n" });
  });

  it.each([
    ["another tag", {}, "v2.0.1", "package.json has 2.0.0"],
    ["another version locked", { "package-lock.json": '{"version":"1.9.0"}' }, "v2.0.0", "--package-lock-only"],
    ["a change that is not told", { "changes/new.added.md": "New.\n" }, "v2.0.0", "npm run changelog"],
    ["no section", { "CHANGELOG.md": "## 2.0.0-rc (x)\n" }, "v2.0.0", "CHANGELOG.md has no 2.0.0"],
    ["no repository", { "package.json": '{"version":"2.0.0"}' }, "v2.0.0", "npm pkg set repository.type=git"],
  ])("may not with %s", async (_, files, tag, why) => {
    const { code, stderr } = await check(files, tag, "o/r");
    expect([code, stderr.trim().split("\n")]).toEqual([1, [expect.stringContaining(why)]]);
  });

  it("is described, with what has to be entered once", async () => {
    const page = readFileSync("CONTRIBUTING.md", "utf8");
    const { stderr } = await check({ "package.json": '{"version":"2.0.0"}' }, "v2.0.0", "OWNER/REPOSITORY");
    expect(page).toContain(/Run: (npm pkg set .*)\.$/m.exec(stderr)?.[1]);
  });

  it("is told all that is wrong at once", async () => {
    const { stderr } = await check({ "CHANGELOG.md": "", "changes/x.fixed.md": "X.\n" }, "v3", "o/other");
    expect(stderr.trim().split("\n")).toHaveLength(4);
  });
});
