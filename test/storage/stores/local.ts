import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { createLocalStorage } from "../../../src/storage/local.ts";
import type { Descriptor } from "../stores.ts";

export const descriptor: Descriptor = {
  isKind: true,
  tellsWrites: true,
  stores() {
    const home = mkdtempSync(join(tmpdir(), "vantageflow-stores-"));
    afterAll(() => rmSync(home, { recursive: true, force: true }));
    let lakes = 0;
    return [{ name: "local", make: () => createLocalStorage({ root: join(home, `lake-${++lakes}`) }) }];
  },
};
