/**
 * Makes untrusted text (device ids, keys, file contents) harmless to a terminal and honest on a page: control characters (C0, DEL, C1),
 * bidirectional and zero-width marks, line and paragraph separators, and byte order marks become visible escapes.
 * `keepLines` leaves line feeds and tabs as they are.
 */
export function escapeTerminal(text: string, { keepLines = false } = {}): string {
  return text.replace(UNSAFE, (character) => {
    if (keepLines && (character === "\n" || character === "\t")) return character;
    const code = character.charCodeAt(0);
    return NAMED[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
