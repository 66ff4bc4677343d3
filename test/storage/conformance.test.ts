import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { createLocalStorage } from "../../src/storage/local.ts";
import { createMemoryStorage } from "../../src/storage/memory.ts";
import { describeStorage } from "./conformance.ts";

const home = mkdtempSync(join(tmpdir(), "vantageflow-storage-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
let lakes = 0;

describeStorage("memory", createMemoryStorage);
describeStorage("local", () => createLocalStorage({ root: join(home, `lake-${++lakes}`) }));
