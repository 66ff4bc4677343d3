import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import { startS3Server } from "../s3/server.ts";
import { inProcess as cli } from "./in-process.ts";
import { folder, HEADER, ROW } from "./run-cli.ts";

const credentials = { accessKeyId: "a", secretAccessKey: "b" };
let server: Awaited<ReturnType<typeof startS3Server>>;
let env: Record<string, string>;
beforeAll(async () => {
  server = await startS3Server(credentials);
  env = environmentOf({ ...credentials, name: "", endpoint: server.endpoint });
});
afterAll(() => server.close());

/** Where the other side is. */
const PLACES: Readonly<Record<string, () => Promise<string>>> = {
  "a directory": async () => "copy",
  "a bucket": async () => `s3://${await makeBucket(connect({ ...credentials, endpoint: server.endpoint }))}/copy`,
};
const EMPTYING: Readonly<Record<string, (path: string) => void>> = {
  missing: (path) => fs.rmSync(path, { recursive: true }),
  empty: (path) => {
    fs.rmSync(path, { recursive: true });
    fs.mkdirSync(path);
  },
};

/** What only the copy has. */
async function onlyIn(cwd: string, source: string, copy: string): Promise<string[]> {
  const { stdout } = await cli(["diff", source, copy, "--json"], { cwd, env });
  return (JSON.parse(stdout) as { only_in_b: string[] }).only_in_b;
}

describe("contract 16: a mirror never empties a layer because its source has nothing of it", () => {
  for (const [place, placeOf] of Object.entries(PLACES)) {
    for (const [how, empty] of Object.entries(EMPTYING)) {
      it(`backup to ${place}: bronze is ${how}`, async () => {
        const cwd = folder({ "a.csv": HEADER + ROW });
        const copy = await placeOf();
        await cli(["ingest", "a.csv"], { cwd });
        await cli(["backup", copy], { cwd, env });
        empty(join(cwd, "lake/bronze"));

        const kept = await cli(["backup", copy], { cwd, env });
        expect([kept.code, kept.stderr]).toEqual([0, expect.stringContaining(`Kept 1 object of bronze/ in ${copy}`)]);
        const { code, stderr, stdout } = await cli(["backup", copy, "--delete", "--yes", "--json"], { cwd, env });
        expect([code, stderr]).toEqual([
          1,
          expect.stringContaining(
            `vantageflow: Cannot remove 1 object of bronze/ in ${copy}: ./lake has none of it. Look there first; --delete-emptied`,
          ),
        ]);
        expect(JSON.parse(stdout).emptied).toContainEqual({ prefix: "bronze/", objects: 1 });
        expect(await onlyIn(cwd, "lake", copy)).toContain("bronze/a.csv");

        const emptied = await cli(["backup", copy, "--delete-emptied", "--yes"], { cwd, env });
        expect([emptied.code, emptied.stdout]).toEqual([0, expect.stringMatching(/^bronze\/a\.csv\tremoved/m)]);
        expect(await onlyIn(cwd, "lake", copy)).toEqual([]);
      });
    }
  }

  for (const [place, placeOf] of Object.entries(PLACES)) {
    it(`restore-from ${place} that has no bronze, or no receipts`, async () => {
      for (const layer of ["bronze/", "receipts/"]) {
        const cwd = folder({ "a.csv": HEADER + ROW });
        const source = await placeOf();
        await cli(["ingest", "a.csv"], { cwd });
        fs.cpSync(join(cwd, "lake"), join(cwd, "half"), { recursive: true });
        fs.rmSync(join(cwd, "half", layer), { recursive: true });
        await cli(["backup", source, "--lake", "half"], { cwd, env });
        const before = fs.readdirSync(join(cwd, "lake", layer), { recursive: true });
        const { code, stderr } = await cli(["restore-from", source, "--delete", "--yes"], { cwd, env });
        expect([code, stderr]).toEqual([
          1,
          expect.stringMatching(new RegExp(`Cannot remove \\d objects? of ${layer}`)),
        ]);
        expect(fs.readdirSync(join(cwd, "lake", layer), { recursive: true })).toEqual(before);
      }
    });
  }

  it("keeps what stands under the name of a link to a file, which nobody followed", async () => {
    const cwd = folder({ "lake/bronze/a.csv": HEADER + ROW, "lake/bronze/b.csv": HEADER + ROW });
    await cli(["backup", "copy"], { cwd });
    fs.renameSync(join(cwd, "lake/bronze/a.csv"), join(cwd, "a.csv"));
    fs.symlinkSync("../../a.csv", join(cwd, "lake/bronze/a.csv"));
    const { stderr } = await cli(["backup", "copy", "--delete-emptied", "--yes"], { cwd });
    expect(stderr).toContain("Left out bronze/a.csv: ");
    expect(fs.readdirSync(join(cwd, "copy/bronze")).sort()).toEqual(["a.csv", "b.csv"]);
  });
});
