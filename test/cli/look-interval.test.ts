import { expect, it } from "vitest";
import { defaultLookSeconds } from "../../src/config.ts";
import { cli, folder } from "./run-cli.ts";

it("a lake is looked at every 5 seconds, one in a bucket every minute, and the help of both commands says so", async () => {
  expect(["./lake", "s3://plant-data", "S3://plant-data/x"].map(defaultLookSeconds)).toEqual([5, 60, 60]);
  for (const name of ["dashboard", "status"]) {
    const { stdout } = await cli([name, "--help"], { cwd: folder() });
    expect(stdout.replace(/\s+/g, " ")).toMatch(/default: (every )?5; 60 over a bucket/);
  }
});
