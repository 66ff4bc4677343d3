import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createUpdates } from "../../src/api/updates.ts";
import { createDouble } from "../dashboard/serving.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Looks at a lake under a clock that only the test moves; each look takes `cost` milliseconds of it. */
function steered({ cost = 0, intervalMs = 5000 } = {}) {
  const double = createDouble();
  const state = { cost, starts: [] as number[] };
  const began = Date.now();
  const healthy = double.next;
  double.next = async () => {
    state.starts.push((Date.now() - began) / 1000);
    if (state.cost > 0) await new Promise((done) => setTimeout(done, state.cost));
    return healthy();
  };
  const updates = createUpdates({ monitor: double.monitor, clock: () => Date.now(), intervalMs });
  const seen: string[] = [];
  const follow = (seconds: number, name = "") =>
    updates.follow({
      intervalMs: seconds * 1000,
      overview: () => void seen.push(`${name}overview`),
      trouble: (event) => void seen.push(`${name}${new TextDecoder().decode(event)}`),
    });
  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);
  return {
    double,
    updates,
    state,
    seen,
    follow,
    pass,
    fail: () => (double.next = async () => Promise.reject(new Error("no"))),
    heal: () => (double.next = healthy),
  };
}

describe("looking at a lake for everybody", () => {
  it("happens only while somebody follows, at the smallest interval that anybody wants", async () => {
    const { state, follow, pass, updates } = steered();
    await pass(100);
    expect(state.starts).toEqual([]);
    const calm = follow(60);
    await pass(70);
    expect(state.starts).toEqual([100, 160]);
    const eager = follow(5);
    await pass(11);
    expect(state.starts).toEqual([100, 160, 170, 175, 180]);
    eager();
    await pass(60);
    expect(state.starts).toEqual([100, 160, 170, 175, 180, 240]);
    calm();
    await pass(600);
    expect(state.starts).toHaveLength(6);
    updates.close();
  });

  it("rests nine times as long as a look took; the first, which reads everything, does not count", async () => {
    const { state, follow, pass, updates } = steered({ cost: 2000 });
    follow(5);
    await pass(50);
    expect(state.starts).toEqual([0, 5, 25, 45]);
    state.cost = 3_600_000;
    // A hang of an hour does not silence it for ten.
    await pass(65 + 3600 + 300 - 51);
    expect(state.starts).toEqual([0, 5, 25, 45, 65]);
    await pass(2);
    expect(state.starts.at(-1)).toBe(65 + 3600 + 300);
    updates.close();
  });

  it("tells with each overview how long it will be good for, so that nobody takes a slow lake for a silent server", async () => {
    const { updates, pass, state } = steered({ cost: 2000 });
    const paces: string[] = [];
    updates.follow({
      intervalMs: 5000,
      overview: (event) => paces.push(new TextDecoder().decode(event).split("event: overview")[0]),
      trouble: () => {},
    });
    await pass(8);
    state.cost = 3_600_000;
    await pass(60 + 3600);
    expect(paces).toEqual([0, 20, 3900].map((seconds) => `event: pace\ndata: {"seconds":${seconds},"interval":5}\n\n`));
    updates.close();
  });

  it("answers whoever asks from a look as young as the server's interval, and tells it to followers", async () => {
    const { updates, state, pass } = steered({ intervalMs: 60_000 });
    const { event } = await updates.current();
    expect(new TextDecoder().decode(event)).toContain('data: {"seconds":0,"interval":60}');
    await pass(59);
    await updates.current();
    expect(state.starts).toEqual([0]);
    await pass(1);
    await updates.current();
    expect(state.starts).toEqual([0, 60]);
    updates.close();
  });

  it("is shared: whoever asks meanwhile waits for the same look, and for none while one is young", async () => {
    const { updates, state, pass } = steered({ cost: 1000 });
    const asked = Promise.all([updates.current(), updates.current()]);
    await pass(0.5);
    const late = updates.current();
    await pass(0.5);
    const [first, second] = await asked;
    expect([second, await late, state.starts]).toEqual([first, first, [0]]);
    await pass(3.9);
    expect(await updates.current()).toBe(first);
    await pass(0.2);
    const next = updates.current();
    await pass(1);
    expect([(await next) === first, state.starts]).toEqual([false, [0, 5.1]]);
    // That took a second: not again before ten are over.
    await pass(8.8);
    expect(await updates.current()).toBe(await next);
    expect(state.starts).toHaveLength(2);
  });

  it("tells trouble, keeps the last overview for who comes meanwhile, and tells when it is over", async () => {
    const { updates, follow, seen, pass, fail, heal, double } = steered();
    follow(5);
    await pass(1);
    fail();
    await pass(5);
    const trouble = 'event: trouble\ndata: {"message":"no"}\n\n';
    expect(seen.splice(0)).toEqual(["overview", trouble]);
    follow(60, "late ");
    expect(seen.splice(0)).toEqual(["late overview", `late ${trouble}`]);
    await expect(updates.current()).rejects.toThrow("no");
    const before = double.refreshes;
    await Promise.allSettled(Array.from({ length: 100 }, () => updates.current()));
    expect(double.refreshes).toBe(before);
    heal();
    await pass(5);
    expect(seen).toEqual(["overview", "late overview"]);
    updates.close();
  });

  it("ends with the server", async () => {
    const { updates, follow, pass, state } = steered({ cost: 1000 });
    const stop = follow(5);
    await pass(0.5);
    updates.close();
    stop();
    await pass(60);
    expect(state.starts).toEqual([0]);
  });
});
