import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecimal, readDecimal } from "../../src/pipeline/decimal.js";
const GRAMMAR = /^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const out = new Float64Array(1);
/** The fast reader's value of a whole text, or null where it hands over. */
function fast(text) {
    const bytes = Buffer.from(`${text},`);
    const end = readDecimal(bytes, 0, out, 0);
    return end === bytes.length - 1 ? out[0] : null;
}
function complete(text) {
    const bytes = Buffer.from(text);
    return parseDecimal(bytes, 0, bytes.length);
}
/** mulberry32 (public domain): the same millions of cases in every run. */
function random(seed) {
    let a = seed;
    return () => {
        a = (a + 0x6d2b79f5) | 0;
        let t = Math.imul(a ^ (a >>> 15), 1 | a);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
}
describe("decimals", () => {
    it("are read from bytes as Number reads them, bit for bit, in three million cases", () => {
        const next = random(42);
        const upTo = (n) => Math.floor(next() * n);
        const digits = (n) => {
            let text = "";
            for (let i = 0; i < n; i++)
                text += upTo(10);
            return text;
        };
        let taken = 0;
        for (let i = 0; i < 3_000_000; i++) {
            const sign = next() < 0.3 ? "-" : "";
            const fraction = next() < 0.7 ? `.${digits(1 + upTo(9))}` : "";
            const exponent = next() < 0.1 ? `e${next() < 0.5 ? "-" : ""}${upTo(40)}` : "";
            const text = sign + digits(1 + upTo(10)) + fraction + exponent;
            const wanted = Number(text);
            const quick = fast(text);
            if (quick !== null)
                taken++;
            if ((quick !== null && !Object.is(quick, wanted)) || !Object.is(complete(text), wanted)) {
                expect.fail(`${text}: ${quick} and ${complete(text)}, not ${wanted}`);
            }
        }
        expect(taken).toBeGreaterThan(2_000_000);
    });
    it("are right at the edges of what a double holds", () => {
        const edges = [
            ...["0", "-0", "0.0", "-0.000", "000123", "0.1", "9007199254740993", "999999999999999", "0.000000000000001"],
            ...["1e22", "1e23", "8.5e22", "4.9e-324", "2.4e-324", "1.7976931348623157e308", "1e400", "-1e400", "1e-400"],
            ...["123456789012345.6", "9007199254740991.5", ".5", "5.", "-.5", "1E+3", "0.50000000000000001", "1e0000001"],
        ];
        for (const text of edges) {
            expect(Object.is(complete(text), Number(text)), text).toBe(true);
            const quick = fast(text);
            expect(quick === null || Object.is(quick, Number(text)), text).toBe(true);
        }
    });
    it("accept exactly the grammar, whatever else Number would take", () => {
        const characters = fc.constantFrom(..."0123456789.eE+-_ xXNaIfinty,\u0660\u00a0");
        fc.assert(fc.property(fc.string({ unit: characters, maxLength: 12 }), (text) => {
            const accepted = GRAMMAR.test(text);
            expect(Number.isNaN(complete(text))).toBe(!accepted);
            if (accepted)
                expect(Object.is(complete(text), Number(text))).toBe(true);
            const quick = fast(text);
            if (quick !== null)
                expect([accepted, Object.is(quick, Number(text))]).toEqual([true, true]);
        }), { numRuns: 20_000 });
        for (const text of ["", "-", ".", "-.", "1e", "1e+", "+1", "0x10", "0b1", "1_0", " 1", "1 ", "NaN", "Infinity"]) {
            expect(complete(text), text).toBeNaN();
            expect(fast(text), text).toBeNull();
        }
    });
});
