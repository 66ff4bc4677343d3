import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeTerminal } from "../src/escape.ts";

/** Whatever moves the cursor, hides or reorders text: Cc, Cf (but soft hyphen and the like that are only shown), Zl, Zp. */
const HARMFUL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\ufeff]/u;

describe("escapeTerminal", () => {
  it("shows control characters, bidirectional and invisible marks instead of sending them", () => {
    expect(escapeTerminal("a\u001b[2J\u0007\u009b\u202e\u200b\u2028\ufeff\r\n\tb")).toBe(
      "a\\x1b[2J\\x07\\x9b\\u202e\\u200b\\u2028\\ufeff\\r\\n\\tb",
    );
    expect(escapeTerminal("a\n\tb\u001b", { keepLines: true })).toBe("a\n\tb\\x1b");
    expect(escapeTerminal("a\r\n", { keepLines: true })).toBe("a\\r\n");
    expect(escapeTerminal("plain, \u00e9 and \u{1f600}")).toBe("plain, \u00e9 and \u{1f600}");
  });

  it("lets no character through that drives a terminal, of all there are", () => {
    const through = [];
    for (let code = 0; code <= 0xffff; code++) {
      const character = String.fromCharCode(code);
      if (HARMFUL.test(character) && HARMFUL.test(escapeTerminal(character))) through.push(code.toString(16));
    }
    expect(through).toEqual([]);
  });

  it("changes nothing of text that is harmless, and nothing that it made", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const escaped = escapeTerminal(text);
        expect(HARMFUL.test(escaped)).toBe(false);
        expect(escapeTerminal(escaped)).toBe(escaped);
        if (!HARMFUL.test(text) && !/[\u2060-\u2064]/.test(text)) expect(escaped).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});
