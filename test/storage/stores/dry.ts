import { createDryStorage } from "../../../src/storage/dry.ts";
import { createMemoryStorage } from "../../../src/storage/memory.ts";
import type { Descriptor } from "../stores.ts";

/** What is written goes to the lake below, and must read through it as it is; `dry.test.ts` holds what is written to it. */
export const descriptor: Descriptor = {
  isKind: false,
  tellsWrites: true,
  stores() {
    const make = () => {
      const { create, remove, ...lake } = createMemoryStorage();
      return { ...createDryStorage({ ...lake, create, remove }), create, remove };
    };
    return [{ name: "dry", make }];
  },
};
