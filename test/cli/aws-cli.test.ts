import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, inject, it } from "vitest";
import { connect, environmentOf, makeBucket } from "../s3/client.ts";
import type { TestServer } from "../s3/setup.ts";
import { BAD, cli, command, folder, HEADER, ODD, ROW, tree } from "./run-cli.ts";

const hasAws = spawnSync("aws", ["--version"]).status === 0;
if (!hasAws) process.stdout.write("Tests with the aws command line are skipped: there is no aws on the PATH.\n");
beforeEach((context) => context.skip(!hasAws, "there is no aws command line on the PATH"));

/** Above 8 MB the aws command line uploads in parts, above 5 MiB vantageflow does. */
const LARGE = HEADER + ROW.repeat(130_000) + ODD + BAD + ROW.repeat(130_000);
/** What shells, URLs and XML each write in a way of their own. */
const NAMES = [
  "two words.csv",
  "a+b.csv",
  "100%.csv",
  "a%20b.csv",
  "a#b.csv",
  "q?x&y=1.csv",
  "日本 é.csv",
  "day=1/(x) 'y'.csv",
];

/** A bucket, and both command lines over it with nothing but the environment that docs/s3.md names. */
async function makeLake(server: TestServer, cwd: string) {
  const client = connect(server);
  const bucket = await makeBucket(client);
  client.destroy();
  const env = {
    ...environmentOf(server),
    AWS_REGION: "us-east-1",
    // Whoever runs the tests may have a profile that says otherwise.
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const succeeded = async (ran: ReturnType<typeof command>) => {
    const { code, stdout, stderr } = await ran;
    if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
    return stdout;
  };
  return {
    lake: `s3://${bucket}/some/lake`,
    bucket,
    aws: (...args: string[]) => succeeded(command("aws", ["s3", ...args], { cwd, env })),
    flow: (...args: string[]) => succeeded(cli(args, { cwd, env })),
  };
}

for (const server of inject("s3Servers")) {
  describe.concurrent(`the aws command line and vantageflow over one bucket (${server.name})`, () => {
    it("lists and downloads the lake that vantageflow wrote, byte for byte", async ({ expect }) => {
      const cwd = folder({ "large.csv": LARGE, "small.csv": HEADER + ROW + ODD + BAD });
      const { lake, aws, flow } = await makeLake(server, cwd);
      for (const where of [lake, "local"]) await flow("ingest", "large.csv", "small.csv", "--lake", where);
      const all = tree(join(cwd, "local"));
      const listed = (await aws("ls", "--recursive", `${lake}/`)).matchAll(/ +(\d+) some\/lake\/(.*)/g);
      const sizes = [...listed].map(([, size, key]) => [key, Number(size)] as const);
      expect(sizes.filter(([key]) => key in all)).toEqual(
        Object.keys(all)
          .toSorted()
          .map((key) => [key, all[key].length]),
      );
      await aws("cp", "--recursive", "--quiet", lake, "down");
      expect(tree(join(cwd, "down"))).toEqual(all);
      expect(await aws("cp", `${lake}/gold/large.csv`, "-")).toBe(all["gold/large.csv"]);
    });

    it("uploads batches, of any name and size, that run takes to gold", async ({ expect }) => {
      const cwd = folder({ "up/large.csv": LARGE });
      NAMES.forEach((name, i) => {
        fs.mkdirSync(join(cwd, "up", name, ".."), { recursive: true });
        fs.writeFileSync(join(cwd, "up", name), `${HEADER}${ROW}2025-01-01T00:00:05Z,FAB-2,${i},C,0.9\n`);
      });
      fs.cpSync(join(cwd, "up"), join(cwd, "local/bronze"), { recursive: true });
      const { lake, aws, flow } = await makeLake(server, cwd);
      await aws("cp", "--recursive", "--quiet", "up", `${lake}/bronze/`);
      const ran = [];
      for (const where of [lake, "local"]) {
        const { batches } = JSON.parse(await flow("run", where, "--json"));
        ran.push(batches.map(({ key, outcome, rows }: Record<string, unknown>) => ({ key, outcome, rows })));
      }
      expect(ran[0]).toEqual(ran[1]);
      expect(ran[0].length).toBe(NAMES.length + 1);
      await aws("sync", "--quiet", lake, "down");
      expect(tree(join(cwd, "down"))).toEqual(tree(join(cwd, "local")));
    });

    it("copies a lake to another place of the bucket that is whole: nothing is to do there, and nothing differs", async ({
      expect,
    }) => {
      const cwd = folder({ "small.csv": HEADER + ROW + ODD + BAD });
      const { lake, bucket, aws, flow } = await makeLake(server, cwd);
      await flow("ingest", "small.csv", "--lake", lake);
      const copy = `s3://${bucket}/copy`;
      await aws("sync", "--quiet", lake, copy);
      expect(JSON.parse(await flow("run", copy, "--json")).batches).toEqual([]);
      expect(JSON.parse(await flow("diff", lake, copy, "--json"))).toMatchObject({ same: 5, different: [] });
    });
  });
}
