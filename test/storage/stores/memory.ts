import { createMemoryStorage } from "../../../src/storage/memory.ts";
import type { Descriptor } from "../stores.ts";

export const descriptor: Descriptor = {
  isKind: true,
  tellsWrites: true,
  stores: () => [{ name: "memory", make: createMemoryStorage }],
};
