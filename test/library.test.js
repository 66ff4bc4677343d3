var __rewriteRelativeImportExtension = (this && this.__rewriteRelativeImportExtension) || function (path, preserveJsx) {
    if (typeof path === "string" && /^\.\.?\//.test(path)) {
        return path.replace(/\.(tsx)$|((?:\.d)?)((?:\.[^./]+?)?)\.([cm]?)ts$/i, function (m, tsx, d, ext, cm) {
            return tsx ? preserveJsx ? ".jsx" : ".js" : d && (!ext || !cm) ? m : (d + ext + "." + cm.toLowerCase() + "js");
        });
    }
    return path;
};
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
it("the built library runs a lake in memory to gold", async () => {
    const url = pathToFileURL("dist/index.js").href;
    const { createMemoryStorage, DEFAULT_SETTINGS, run } = await import(__rewriteRelativeImportExtension(url));
    const storage = createMemoryStorage();
    const writer = await storage.create("bronze/b.csv");
    await writer.write(Buffer.from("timestamp,device_id,value,unit,anomaly_score\n2025-01-01T00:00:00Z,A,1,C,0.1\n"));
    await writer.commit();
    const context = { storage, settings: DEFAULT_SETTINGS, code: "test", now: Date.now };
    const [result] = await run(context, { concurrency: 1 });
    expect(result).toMatchObject({ key: "bronze/b.csv", outcome: "done", rows: { in: 1, silver: 1 } });
});
