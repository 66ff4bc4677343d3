import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createTableKeeper } from "../../src/cli/table-keeper.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

/** A keeper whose syncs take so long, and when they began. */
function keeping(takesMs: number) {
  const began: number[] = [];
  const seen: boolean[] = [];
  const keeper = createTableKeeper({
    now: Date.now,
    async keep(stopped) {
      began.push(Date.now());
      await new Promise((done) => setTimeout(done, takesMs));
      seen.push(stopped());
    },
  });
  return { keeper, began, seen };
}

describe("a table is kept fresh", () => {
  it("once work has been quiet for ten seconds, and not where there was none", async () => {
    const { keeper, began } = keeping(0);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(began).toEqual([]);
    keeper.noticed();
    await vi.advanceTimersByTimeAsync(6000);
    keeper.noticed();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(began).toEqual([116_000]);
  });

  it("every minute where work never ends", async () => {
    const { keeper, began } = keeping(0);
    for (let second = 0; second < 150; second++) {
      keeper.noticed();
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(began).toEqual([60_000, 120_000]);
  });

  it("by no more than a fifth of the time, and never twice at once", async () => {
    const { keeper, began } = keeping(30_000);
    for (let second = 0; second < 400; second++) {
      keeper.noticed();
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(began).toEqual([60_000, 210_000, 360_000]);
  });

  it("and what goes on when it is stopped is told so, and waited for", async () => {
    const { keeper, began, seen } = keeping(5000);
    keeper.noticed();
    await vi.advanceTimersByTimeAsync(11_000);
    keeper.noticed();
    const stopping = keeper.stop();
    await vi.advanceTimersByTimeAsync(100_000);
    await stopping;
    expect([began, seen]).toEqual([[10_000], [true]]);
  });
});
