import { expect, it } from "vitest";
import { timeTick } from "../../../src/dashboard/page/parts/axes.ts";

const NOON = new Date(2026, 2, 10, 12, 0, 30);
const after = (ms: number) => new Date(+NOON + ms);

it("the ticks of a time axis tell one from the next: seconds over minutes, days over days", () => {
  expect(timeTick(NOON, after(100_000))(after(5000))).toBe("12:00:35");
  expect(timeTick(NOON, after(3_600_000))(after(60_000))).toBe("12:01");
  expect(timeTick(NOON, after(86_400_000))(new Date(2026, 2, 11))).toBe("03-11");
  expect(timeTick(NOON, after(10 * 86_400_000))(after(86_400_000))).toBe("03-11");
});
