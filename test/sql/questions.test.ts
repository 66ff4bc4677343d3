import { describe, expect, it } from "vitest";
import { ANSWERS } from "./answers.ts";
import { ask, tableLakeOf } from "./lake.ts";
import { QUESTIONS } from "./questions.ts";

/** Each of the ten questions of docs/sql.md, asked of a lake whose answers were reckoned by hand. */

const lake = tableLakeOf();

describe("the ten questions", () => {
  it("are ten, each with its answer", () => {
    expect(QUESTIONS).toHaveLength(10);
    expect(QUESTIONS.map(({ title }) => title)).toEqual(Object.keys(ANSWERS));
  });

  it.each(QUESTIONS)("$title", async ({ title, sql }) => {
    const { rows } = await ask((await lake).storage, sql);
    const names = Object.keys(rows[0] ?? {});
    const shown = rows.map((row) => names.map((name) => row[name]));
    const close = (value: unknown) =>
      typeof value === "number" && !Number.isInteger(value) ? expect.closeTo(value, 12) : value;
    expect([names, ...shown]).toEqual(ANSWERS[title].map((row) => row.map(close)));
  });
});
