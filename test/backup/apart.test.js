import { describe, expect, it } from "vitest";
import { checkApart } from "../../src/backup/apart.js";
describe("a lake and its backup", () => {
    const refused = (lake, other) => {
        try {
            checkApart(lake, other, "back up to");
            return false;
        }
        catch (error) {
            expect(error).toMatchObject({ code: "usage" });
            return true;
        }
    };
    it("are apart when neither is the other or inside it, on disk and in buckets", () => {
        const pairs = [
            ["./lake", "./lake/", true],
            ["./lake", "lake/../lake/bronze/x", true],
            ["./lake", "lake-2", false],
            ["./lake", "../lake", false],
            ["./..lake", ".", true],
            ["./lake", "lake/..backup", true],
            ["s3://bucket", "s3://bucket/", true],
            ["s3://bucket/a", "s3://bucket/a/b", true],
            ["s3://bucket/a/b", "S3://bucket/a", true],
            ["s3://bucket/a", "s3://bucket/ab", false],
            ["s3://bucket", "s3://bucket-2", false],
            ["./lake", "s3://bucket/lake", false],
            ["s3://bucket", "/", false],
        ];
        for (const [lake, other, wanted] of pairs) {
            expect([lake, other, refused(lake, other)]).toEqual([lake, other, wanted]);
            expect([other, lake, refused(other, lake)]).toEqual([other, lake, wanted]);
        }
    });
});
