import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DECLARED } from "./declared.ts";
import { inProcess as cli } from "./in-process.ts";
import { folder } from "./run-cli.ts";

/**
 * What `--help` says, to the byte: `help/` has a file for each command. After a change that is meant:
 * `npx vitest run test/cli/help.test.ts -u`, and look at the difference.
 */
const COMMANDS = [[], ...DECLARED.map(({ path }) => path)];

const fileOf = (path: readonly string[]) => `${["vantageflow", ...path].join("-")}.txt`;

describe("--help", () => {
  for (const path of COMMANDS) {
    it(`of ${["vantageflow", ...path].join(" ")} is what it was`, async () => {
      const { code, stdout, stderr } = await cli([...path, "--help"], { cwd: folder() });
      expect([code, stderr]).toEqual([0, ""]);
      await expect(stdout).toMatchFileSnapshot(`help/${fileOf(path)}`);
    });
  }

  it("is kept of no command that is gone", () => {
    expect(readdirSync("test/cli/help").toSorted()).toEqual(COMMANDS.map(fileOf).toSorted());
  });
});
