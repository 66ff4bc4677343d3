import { processObject } from "../../src/emulator/foreground.js";
import { DEFAULT_SETTINGS } from "../../src/pipeline/settings.js";
import { createMemoryStorage } from "../../src/storage/memory.js";
/** A lake (in memory unless another is given) with a fixed clock, for tests of what becomes of bytes. */
export function createLake(settings = {}, storage = createMemoryStorage()) {
    return { storage, settings: { ...DEFAULT_SETTINGS, ...settings }, code: "test", now: () => 0 };
}
export async function put(storage, key, content) {
    const writer = await storage.create(key);
    try {
        await writer.write(typeof content === "string" ? Buffer.from(content) : content);
        await writer.commit();
    }
    finally {
        await writer.abort();
    }
}
/** The object's bytes, or null where there is none. */
export async function bytesOf(storage, key) {
    const head = await storage.head(key);
    if (head === null)
        return null;
    const reader = await storage.read(key);
    const chunks = [];
    for (;;) {
        const chunk = Buffer.alloc(64 * 1024);
        const pulled = await reader.pull(chunk);
        if (pulled === 0)
            break;
        chunks.push(chunk.subarray(0, pulled));
    }
    await reader.close();
    return Buffer.concat(chunks);
}
export async function textOf(storage, key) {
    return (await bytesOf(storage, key))?.toString("utf8") ?? null;
}
export async function keysOf(storage, prefix = "") {
    const keys = [];
    for await (const { key } of storage.list(prefix))
        keys.push(key);
    return keys;
}
/** Puts the bytes into bronze and runs them to gold. */
export async function process(content, { key = "bronze/b.csv", settings = {}, storage: given, } = {}) {
    const lake = createLake(settings, given);
    const { storage } = lake;
    await put(storage, key, content);
    const head = await storage.head(key);
    if (head === null)
        throw new Error("bronze was just written");
    const result = await processObject(lake, "bronzeToSilver", head);
    const path = key.slice("bronze/".length);
    return {
        result,
        silver: await textOf(storage, `silver/${path}`),
        anomalies: await textOf(storage, `anomalies/${path}`),
        rejects: await textOf(storage, `anomalies/${path.replace(/\.csv$/, ".rejects.csv")}`),
        gold: await textOf(storage, `gold/${path}`),
        deadLetters: await keysOf(storage, "dead-letter/"),
        receipts: await keysOf(storage, "receipts/"),
    };
}
