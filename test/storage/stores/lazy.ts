import { createLazyStorage } from "../../../src/storage/lazy.ts";
import { createMemoryStorage } from "../../../src/storage/memory.ts";
import type { Descriptor } from "../stores.ts";

export const descriptor: Descriptor = {
  isKind: false,
  tellsWrites: true,
  stores: () => [{ name: "lazy", make: () => createLazyStorage("memory:", async () => createMemoryStorage()) }],
};
