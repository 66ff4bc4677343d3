import { describe, expect, it } from "vitest";
import { createDryStorage } from "../../src/storage/dry.js";
import { createMemoryStorage } from "../../src/storage/memory.js";
import { keysOf, put, textOf } from "../pipeline/lake.js";
async function lakes() {
    const lake = createMemoryStorage();
    await put(lake, "bronze/a.csv", "old");
    return { lake, dry: createDryStorage(lake) };
}
describe("a dry lake", () => {
    it("is read as the lake below is", async () => {
        const { lake, dry } = await lakes();
        expect(await textOf(dry, "bronze/a.csv")).toBe("old");
        expect(await dry.head("bronze/a.csv")).toEqual(await lake.head("bronze/a.csv"));
        expect([await keysOf(dry), await dry.head("none")]).toEqual([["bronze/a.csv"], null]);
        expect(dry.url).toBe(lake.url);
    });
    it("takes writes and removals and keeps none", async () => {
        const { lake, dry } = await lakes();
        const before = await lake.head("bronze/a.csv");
        await put(dry, "bronze/a.csv", "new");
        await put(dry, "silver/a.csv", "new");
        await dry.remove("bronze/a.csv");
        await dry.close();
        expect([await keysOf(lake), await lake.head("bronze/a.csv")]).toEqual([["bronze/a.csv"], before]);
    });
    it("refuses what the lake would: a key that is none, and a swap that is lost", async () => {
        const { dry } = await lakes();
        await expect(dry.create("../a")).rejects.toMatchObject({ code: "key_invalid" });
        await expect(dry.remove("../a")).rejects.toMatchObject({ code: "key_invalid" });
        const swap = async (ifToken) => {
            const writer = await dry.create("bronze/a.csv");
            await writer.write(Buffer.from("12345"));
            return writer.commit({ ifToken });
        };
        for (const lost of [null, "other"])
            await expect(swap(lost)).rejects.toMatchObject({ code: "conflict" });
        expect(await swap((await dry.head("bronze/a.csv"))?.token ?? "")).toMatchObject({ key: "bronze/a.csv", size: 5 });
    });
});
