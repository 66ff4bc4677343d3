import { parse as parseStrictly } from "csv-parse/sync";
import fc from "fast-check";
import { parseString } from "fast-csv";
import { describe, expect, it } from "vitest";
import { jsonToCsv } from "../../src/convert/json-to-csv.js";
async function convert(input, sizes = [1 << 20], max) {
    const bytes = typeof input === "string" ? Buffer.from(input) : input;
    async function* chunks() {
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = sizes[turn % sizes.length];
            yield bytes.subarray(at, at + size);
            at += size;
        }
    }
    const options = max === undefined ? { name: "r.json" } : { name: "r.json", maxReadingBytes: max };
    const out = [];
    for await (const chunk of jsonToCsv(chunks(), options))
        out.push(chunk);
    return Buffer.concat(out).toString("utf8");
}
const refused = (message, line) => expect.objectContaining({
    code: "input_invalid",
    message: expect.stringMatching(message),
    ...(line === undefined ? {} : { line }),
});
function parse(text) {
    return new Promise((resolve, reject) => {
        const rows = [];
        parseString(text, { headers: false })
            .on("error", reject)
            .on("data", (row) => rows.push(row))
            .on("end", () => resolve(rows));
    });
}
describe("readings in JSON", () => {
    it("become CSV with the first reading's fields: from an array, from lines, from one object", async () => {
        const csv = "a,b\n1,x\n2,\n";
        expect(await convert('[{"a":1,"b":"x"},{"a":2}]')).toBe(csv);
        expect(await convert('\ufeff{"a":1,"b":"x"}\n{"b":null,"a":2}\n')).toBe(csv);
        expect(await convert('{"a":1}')).toBe("a\n1\n");
    });
    it("keep the text of numbers and of nested values", async () => {
        expect(await convert('{"a":28.50,"b":12345678901234567890,"c":1e3,"d":{"x":[1.10,"q"]},"e":true}')).toBe('a,b,c,d,e\n28.50,12345678901234567890,1e3,"{""x"":[1.10,""q""]}",true\n');
    });
    it("may use any field name", async () => {
        expect(await convert('{"__proto__":1,"constructor":2}')).toBe("__proto__,constructor\n1,2\n");
    });
    it("come back from CSV as they were, however the bytes arrive", async () => {
        const cell = fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((text) => text.trim() !== "");
        const rows = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 });
        const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
        await fc.assert(fc.asyncProperty(rows, sizes, fc.boolean(), async (cells, pieces, lines) => {
            const objects = cells.map(([a, b]) => ({ a, b }));
            const json = lines ? objects.map((one) => `${JSON.stringify(one)}\n`).join("") : JSON.stringify(objects);
            const csv = await convert(json, pieces);
            expect(csv).toBe(await convert(json));
            expect(await parse(csv)).toEqual([["a", "b"], ...cells]);
        }), { numRuns: 300 });
    });
    it("lose nothing silently: a new field is refused, and a field that is there twice", async () => {
        await expect(convert('{"a":1}\n{"a":2,"x":3}')).rejects.toEqual(refused(/reading 2 has a field "x"/, 2));
        await expect(convert('{"a":1,"a":2}')).rejects.toEqual(refused(/field "a" twice/, 1));
    });
    it("are refused with the line when they are no JSON, cut off, or no objects", async () => {
        const cases = [
            ['[{"a":1},\n{"a" 2}]', /":" should stand/, 2],
            ['[{"a":1}\n{"a":2}]', /"," or "\]"/, 2],
            ['{"a":1}\n{"a":tru}', /this is not JSON/, 2],
            ['{"a":1}\n{"a":2', /ends in the middle/, 2],
            ['[{"a":1}', /ends in the middle/, 1],
            ['[{"a":1}]\n[]', /something after the array/, 2],
            ["[1]", /reading 1 is not an object/, 1],
            ['"text"', /reading 1 is not an object/, 1],
            ["[]", /no reading/, 1],
            ["", /no reading/, 1],
            ["\n \n", /no reading/, 3],
            ["{}", /no fields/, 1],
            ['{"a":[1 2]}', /this is not JSON/, 1],
            ['{"a":"\\ud800"}', /no valid Unicode/, 1],
            [`{"a":${"[".repeat(100)}`, /nested too deeply/, 1],
        ];
        for (const [text, message, line] of cases) {
            await expect(convert(text), text).rejects.toEqual(refused(message, line));
            await expect(convert(text, [1]), text).rejects.toEqual(refused(message, line));
        }
        await expect(convert(Buffer.from('{"a":"\xff"}', "latin1"))).rejects.toEqual(refused(/not UTF-8/));
    });
    it("are bounded: a reading without end is refused at the limit", async () => {
        const endless = `{"a":1}\n{"a":"${"x".repeat(100_000)}`;
        for (const outside of ["1".repeat(100_000), `[${"1".repeat(100_000)}`, `{"a":1}\n"${"x".repeat(100_000)}`]) {
            await expect(convert(outside, [1000], 5000)).rejects.toEqual(refused(/is longer than 5000 bytes/));
        }
        await expect(convert(endless, [1000], 5000)).rejects.toEqual(refused(/reading 2 is longer than 5000 bytes/, 2));
    });
    it("come back from CSV whatever their characters are", async () => {
        const nasty = fc.string({
            unit: fc.constantFrom(",", '"', "\r", "\n", "\t", " ", ";", "'", "\\", "\ufeff", "é", "a"),
        });
        await fc.assert(fc.asyncProperty(fc.array(fc.tuple(nasty, nasty), { minLength: 1, maxLength: 6 }), async (cells) => {
            const csv = await convert(JSON.stringify(cells.map(([a, b]) => ({ id: "x", a, b, end: "x" }))), [5]);
            expect(parseStrictly(csv)).toEqual([["id", "a", "b", "end"], ...cells.map(([a, b]) => ["x", a, b, "x"])]);
        }), { numRuns: 300 });
    });
    it("keep every character of a string, NUL too: what is wrong with it is for the pipeline to say", async () => {
        expect(await convert('{"device_id":"FAB\\u0000-1","b":"\\u0001\\u007f"}')).toBe("device_id,b\nFAB\u0000-1,\u0001\u007f\n");
        for (const sizes of [[1 << 20], [1], [5]]) {
            expect(await convert('{"a":"x\ufeffy","b":"é\ufeff","c":"\\ufeff"}', sizes)).toBe('a,b,c\nx\ufeffy,"é\ufeff","\ufeff"\n');
        }
    });
    it("may start with one byte order mark; another one is no JSON, and moves no line number", async () => {
        expect(await convert('\ufeff[{"a":1}]', [1])).toBe("a\n1\n");
        for (const text of ['[\n\ufeff\n{"a":1}]', '\n\ufeff[{"a":1}]', '{"a":1}\n\ufeff{"a":2}']) {
            for (const sizes of [[100], [1], [2]]) {
                await expect(convert(text, sizes), text).rejects.toEqual(refused(/not JSON/, 2));
            }
        }
    });
    it("say the same of the same bytes, however they arrive", async () => {
        const piece = fc.constantFrom(..."[]{},:\n ", '"a"', '"b"', "1.50", "-", "true", "null", "é", "\\", '"', "\ufeff");
        const outcome = (text, sizes) => convert(text, sizes).catch(({ code, line, message }) => `${code} ${line} ${message}`);
        await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join("")), fc.boolean(), async (text, valid) => {
            const whole = valid ? `{"a":1}\n${text}` : text;
            const expected = await outcome(whole, [1 << 20]);
            for (const sizes of [[1], [2], [3, 1]])
                expect(await outcome(whole, sizes)).toBe(expected);
        }), { numRuns: Number(process.env.RUNS ?? 1000) });
    });
    it("are refused where a number is none of JSON's", async () => {
        for (const number of ["01", "1.", "-", "+1", ".5", "1e", "NaN", "Infinity", "1-2", "0x1", "1_0", "--1"]) {
            await expect(convert(`{"a":${number}}`), number).rejects.toEqual(refused(/line 1/, 1));
            await expect(convert(`{"a":[${number}]}`), number).rejects.toEqual(refused(/line 1/, 1));
        }
        expect(await convert('{"a":-0,"b":0.10,"c":1E+05,"d":-1.0e-5}')).toBe("a,b,c,d\n-0,0.10,1E+05,-1.0e-5\n");
    });
    it("are refused for a comma too many or too few, and for comments", async () => {
        for (const text of [
            '{"a":1,}',
            '[{"a":1},]',
            '[,{"a":1}]',
            '{"a":1},{"a":2}',
            '{"a":1}//',
            '{"a":1}]',
            '{"a":1}}',
        ]) {
            await expect(convert(text), text).rejects.toEqual(refused(/line 1/, 1));
        }
    });
    it("may be nested 64 deep and no deeper, whatever it costs the sender", async () => {
        const nested = (depth) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
        expect(await convert(nested(64))).toContain("[[[[");
        await expect(convert(nested(65))).rejects.toEqual(refused(/nested too deeply/, 1));
        await expect(convert(`{"a":${"[".repeat(1_000_000)}`)).rejects.toEqual(refused(/nested too deeply/, 1));
        await expect(convert("[".repeat(1_000_000))).rejects.toEqual(refused(/not an object/, 1));
    });
    it("are bounded in a key and in a number too, but not in the blanks between them", async () => {
        for (const text of [`{"${"k".repeat(9000)}":1}`, `{"a":${"1".repeat(9000)}}`, `{"a":[${"1,".repeat(4500)}1]}`]) {
            await expect(convert(text, [100], 500)).rejects.toEqual(refused(/reading 1 is longer than 500 bytes/, 1));
        }
        const blanks = " ".repeat(9000);
        expect(await convert(`[${blanks}{"a":1}${blanks},${blanks}{"a":2}]`, [100], 500)).toBe("a\n1\n2\n");
    });
    it("are refused with the line when they are not UTF-8, wherever the bytes are cut", async () => {
        const text = Buffer.from('{"a":"1"}\n{"a":"\xe9"}\n', "latin1");
        const cut = Buffer.from('{"a":"é"}').subarray(0, 7);
        for (const sizes of [[1 << 20], [1]]) {
            await expect(convert(cut, sizes)).rejects.toEqual(refused(/not UTF-8/));
            await expect(convert(text, sizes)).rejects.toEqual(refused(/not UTF-8/, 2));
        }
    });
});
