import { describe, expect, it } from "vitest";
import { type Answer, createAsking } from "../../../src/dashboard/page/api.ts";

/** A question whose answers come when the test says so. */
function steered() {
  const asked: { answer(data: string): void; fail(message: string): void; signal: AbortSignal }[] = [];
  const told: Answer<string>[] = [];
  const asking = createAsking<string>(
    (signal) =>
      new Promise((answer, reject) => {
        asked.push({ answer, fail: (message) => reject({ code: "internal", message }), signal });
      }),
    (change) => told.push(change({ data: "old", error: null, isLoading: false })),
  );
  return { asking, asked, told, settle: () => new Promise((next) => setImmediate(next)) };
}

describe("a page that asks whenever the lake was looked at", () => {
  it("waits for an answer that takes longer than a look, and then asks once more", async () => {
    const { asking, asked, told, settle } = steered();
    for (let look = 0; look < 5; look++) asking.renew();
    expect(asked).toHaveLength(1);
    expect(asked[0].signal.aborted).toBe(false);
    asked[0].answer("first");
    await settle();
    expect(told.find(({ data }) => data === "first")).toEqual({ data: "first", error: null, isLoading: false });
    expect(asked).toHaveLength(2);
    asked[1].answer("second");
    await settle();
    expect([asked.length, told.at(-1)]).toEqual([2, { data: "second", error: null, isLoading: false }]);
    asking.renew();
    expect(asked).toHaveLength(3);
  });

  it("keeps what it has when an answer cannot be had, and says why", async () => {
    const { asking, asked, told, settle } = steered();
    asking.renew();
    asked[0].fail("no lake");
    await settle();
    expect(told.at(-1)).toEqual({ data: "old", error: { code: "internal", message: "no lake" }, isLoading: false });
  });

  it("drops what comes after it has turned to something else", async () => {
    const { asking, asked, told, settle } = steered();
    asking.renew();
    asking.renew();
    asking.stop();
    expect(asked[0].signal.aborted).toBe(true);
    const before = told.length;
    asked[0].answer("late");
    await settle();
    expect([asked.length, told.length]).toEqual([1, before]);
  });
});
