import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadEngine } from "../../src/sql/engine.ts";
import { openSession } from "../../src/sql/session.ts";
import { ask, newFolder, tableLakeOf } from "./lake.ts";

/** A query reads the lake's views, and nothing else of the machine: tried with a file of our own beside the lake. */

const lake = tableLakeOf();
const outside = join(newFolder("outside"), "scratch.csv");
fs.writeFileSync(outside, "a,b\n1,2\n");
const written = join(newFolder("written"), "out.csv");
const refusal = async (sql: string) => {
  const { storage } = await lake;
  return ask(storage, sql).then(
    ({ rows }) => rows,
    ({ code, message }) => `${code}: ${message}`,
  );
};

describe("what a query may not", () => {
  it.each([
    ["read another file by its name", `select * from '${outside}'`],
    ["read another file by a function", `select * from read_csv('${outside}')`],
    ["read another file's text", `select * from read_text('${outside}')`],
    ["list files", `select * from glob('${join(outside, "..")}/*')`],
    ["write a file", `copy (select 1) to '${written}'`],
    ["write the lake's views to files", `export database '${join(written, "..")}'`],
    ["make or open a database", `attach '${written}'`],
    ["load an extension", "load httpfs"],
    ["install an extension", "install httpfs"],
    ["change a setting", "set memory_limit = '100GB'"],
    ["run SQL that is a text", `select * from query('select 1')`],
    ["make a table", "create table mine as select 1"],
    ["change a row", "delete from readings"],
    ["ask twice", "select 1; select 2"],
    ["ask nothing", "-- nothing"],
    ["travel by the engine's own words", "select * from readings at (version => 1)"],
  ])("%s", async (_, sql) => {
    expect(await refusal(sql)).toMatch(/^sql_invalid: Cannot ask this: /);
    expect(fs.existsSync(written)).toBe(false);
  });

  it("is refused by the engine as well, without our look at the query", async () => {
    const session = await openSession(await loadEngine(), { memory: "100MB", temporary: newFolder("temporary") });
    try {
      await session.lock([]);
      for (const sql of [
        `select * from read_text('${outside}')`,
        `copy (select 1) to '${written}'`,
        `attach '${written}'`,
        "set enable_external_access = true",
        "set memory_limit = '100GB'",
        "load httpfs",
      ]) {
        await expect(session.connection.run(sql), sql).rejects.toThrow(/disabled|locked/);
      }
    } finally {
      session.close();
    }
    expect(fs.existsSync(written)).toBe(false);
  });

  it("is not in the way of what it may", async () => {
    for (const sql of [
      "select 1 as a",
      "values (1), (2)",
      "with d as (select distinct device_id from readings) select count(*) from d",
      "summarize gold",
      "select * from range(3)",
      "select unnest([1, 2])",
      "/* a comment */ select 1 -- and another",
      "select 1;",
    ]) {
      expect(await refusal(sql), sql).toBeInstanceOf(Array);
    }
  });

  it("leaves nothing behind", async () => {
    const temporary = newFolder("tmp");
    const { TMPDIR } = process.env;
    process.env.TMPDIR = temporary;
    try {
      expect(await refusal("select count(*) as n from readings")).toEqual([{ n: 11 }]);
      expect(await refusal("select nonsense from readings")).toContain("nonsense");
      expect(fs.readdirSync(temporary)).toEqual([]);
    } finally {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    }
  });
});

describe("limits", () => {
  it("what needs more memory than there is says so, and how to ask for more", async () => {
    const { storage } = await lake;
    const many = "select max(length(s)) from (select string_agg(md5(i::varchar), '') as s from range(30000000) t(i))";
    await expect(ask(storage, many, { memory: "50MB" })).rejects.toMatchObject({
      code: "sql_failed",
      message: expect.stringContaining("--memory"),
    });
  });

  it("a query that is interrupted ends at once", async () => {
    const session = await openSession(await loadEngine(), { memory: "100MB", temporary: newFolder("temporary") });
    try {
      const running = session.connection.run("select count(*) from range(100000000000) t(i) where i % 7 = 3");
      setTimeout(() => session.connection.interrupt(), 100);
      await expect(running).rejects.toThrow(/interrupt/i);
    } finally {
      session.close();
    }
  });
});

describe("an engine that cannot be used", () => {
  it("names what to install", async () => {
    const absent = new Error("Cannot find module '@duckdb/node-api'\nRequire stack:\n- /somewhere/cli.js");
    await expect(loadEngine(() => Promise.reject(absent))).rejects.toMatchObject({
      code: "engine_missing",
      message: expect.stringContaining("npm install @duckdb/node-api@"),
    });
    const other = { ...(await loadEngine()), version: () => "v9.9.9" };
    await expect(loadEngine(async () => other)).rejects.toThrow("v9.9.9");
    const broken = new Error("libstdc++ is too old");
    await expect(loadEngine(() => Promise.reject(broken))).rejects.toThrow("does not run here");
  });

  it("is the release that package.json names", async () => {
    const { ENGINE_PACKAGE } = await import("../../src/sql/engine.ts");
    const { peerDependencies, devDependencies } = JSON.parse(fs.readFileSync("package.json", "utf8"));
    const version = peerDependencies["@duckdb/node-api"];
    expect([`@duckdb/node-api@${version}`, devDependencies["@duckdb/node-api"]]).toEqual([ENGINE_PACKAGE, version]);
  });
});
