import { expect, it } from "vitest";
import { describeStorage } from "./conformance.ts";
import { describeListings } from "./conformance-listings.ts";
import { describeRanges } from "./conformance-ranges.ts";
import { describeWrites } from "./conformance-writes.ts";
import type { Descriptor, Store } from "./stores.ts";

/** What a store is held to, whichever it is. A new law of all stores is called here. */
export function holdToLaws({ name, make }: Store, { tellsWrites }: Descriptor): void {
  describeStorage(name, make);
  describeWrites(name, make);
  describeRanges(name, make);
  describeListings(name, make);
  if (!tellsWrites) return;
  it(`${name} gives every version a token of its own, even over the same content`, async () => {
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
