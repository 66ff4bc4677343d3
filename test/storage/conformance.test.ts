import { describe, expect, it } from "vitest";
import { describeStorage } from "./conformance.ts";
import { describeListings } from "./conformance-listings.ts";
import { describeRanges } from "./conformance-ranges.ts";
import { stores } from "./stores.ts";

const all = await stores();
for (const { name, make } of all) {
  describeStorage(name, make);
  describeRanges(name, make);
  describeListings(name, make);
}

describe("a store that is vantageflow's own", () => {
  for (const { name, make } of all.filter((store) => ["memory", "local"].includes(store.name))) {
    it(`${name}: gives every version a token of its own, even over the same content`, async () => {
      const storage = make();
      const tokens = new Set<string>();
      for (let i = 0; i < 5; i++) {
        const writer = await storage.create("a");
        await writer.write(Buffer.from("same"));
        tokens.add((await writer.commit()).token);
      }
      expect(tokens.size).toBe(5);
    });
  }
});
