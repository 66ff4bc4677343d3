import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodingNamed, encodingOf } from "../../src/contracts/charset/encodings.ts";
import { decode } from "../../src/contracts/charset.ts";
import { VantageflowError } from "../../src/errors.ts";
import { drained, pullOf } from "./pulls.ts";

/** Bytes, and the text that they are: characters one after the other, in which nothing before matters. */
type Part = readonly [bytes: readonly number[], text: string];

const ASCII: readonly Part[] = [..."A0,;\n\r\t\0\x1a\x7f"].map((text) => [[text.charCodeAt(0)], text]);
const utf16 = (text: string, isLittle: boolean): Part => {
  const bytes = Buffer.from(text, "utf16le");
  return [[...(isLittle ? bytes : bytes.swap16())], text];
};
const WORDS = ["A", ",", "\n", "°", "温", "\ufffd", "\ufeff", "😀", "\0"];

/** By label. Each is a list of what may follow each other in any order. */
const SAMPLES: Readonly<Record<string, readonly (readonly Part[])[]>> = {
  "utf-8": WORDS.map((text) => [[[...Buffer.from(text)], text]]),
  "utf-16le": WORDS.map((text) => [utf16(text, true)]),
  unicodefffe: WORDS.map((text) => [utf16(text, false)]),
  latin1: [...ASCII.map((part) => [part]), [[[0x80], "€"]], [[[0xb0], "°"]], [[[0x81], "\x81"]], [[[0x9f], "Ÿ"]]],
  "iso-8859-16": [[[[0xa4], "€"]], [[[0xaa], "Ș"]], [[[0x41], "A"]]],
  "x-user-defined": [[[[0xff], "\uf7ff"]], [[[0x80], "\uf780"]], [[[0x41], "A"]]],
  "koi8-u": [[[[0xae], "ў"]], [[[0xbe], "Ў"]], [[[0x41], "A"]]],
  sjis: [...ASCII.map((part) => [part]), [[[0x89, 0xb7], "温"]], [[[0xb1], "ｱ"]], [[[0x93, 0x78], "度"]]],
  gb2312: [...ASCII.map((part) => [part]), [[[0xce, 0xc2], "温"]], [[[0x80], "€"]], [[[0xa1, 0xe6], "℃"]]],
  gb18030: [
    [[[0xce, 0xc2], "温"]],
    [[[0x94, 0x39, 0xfc, 0x36], "😀"]],
    [[[0x81, 0x30, 0x81, 0x30], "\x80"]],
    [[[0x84, 0x31, 0xa4, 0x37], "\ufffd"]],
    [[[0x30], "0"]],
  ],
  "big5-hkscs": [...ASCII.map((part) => [part]), [[[0xb7, 0xc5], "溫"]], [[[0xab, 0xd7], "度"]]],
  "euc-jp": [[[[0xb2, 0xb9], "温"]], [[[0x8e, 0xb1], "ｱ"]], [[[0x8f, 0xb0, 0xa1], "丂"]], [[[0x41], "A"]]],
  "ks_c_5601-1987": [...ASCII.map((part) => [part]), [[[0xbf, 0xc2], "온"]], [[[0xb5, 0xb5], "도"]]],
  "iso-2022-jp": [
    [[[0x41], "A"]],
    [[[0x0a], "\n"]],
    [
      [[0x1b, 0x24, 0x42], ""],
      [[0x32, 0x39], "温"],
      [[0x45, 0x59], "度"],
      [[0x1b, 0x28, 0x42], ""],
    ],
    [
      [[0x1b, 0x28, 0x49], ""],
      [[0x31], "ｱ"],
      [[0x1b, 0x28, 0x4a], ""],
      [[0x5c], "¥"],
      [[0x1b, 0x28, 0x42], ""],
    ],
  ],
};

/** Bytes at which, between characters, none begins. */
const INVALID: Readonly<Record<string, readonly number[]>> = {
  "utf-8": [0xc3, 0x28],
  "utf-16le": [0x00, 0xdc, 0x41, 0x00],
  unicodefffe: [0xd8, 0x00, 0x00, 0x41],
  "iso-8859-7": [0xff],
  sjis: [0x81, 0x20],
  gb2312: [0xff, 0x20],
  gb18030: [0x81, 0x30, 0x20, 0x30],
  "big5-hkscs": [0x81, 0x20],
  "euc-jp": [0x8e, 0x20],
  "ks_c_5601-1987": [0x80, 0x20],
  "iso-2022-jp": [0x1b, 0x24, 0x24],
};

const parts = (label: string, maxLength: number) =>
  fc.array(fc.constantFrom(...(SAMPLES[label] ?? [ASCII.slice(0, 3)])), { maxLength }).map((list) => list.flat());
const pieces = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
const bytesOf = (list: readonly Part[]) => Buffer.from(list.flatMap(([bytes]) => [...bytes]));
const textOf = (list: readonly Part[]) => list.map(([, text]) => text).join("");

/** Of each offset in the UTF-8 text: where the character at it begins in the source; slow, and sure. */
function offsetsOf(list: readonly Part[], skipped = 0): number[] {
  const offsets = [skipped];
  let source = skipped;
  for (const [bytes, text] of list) {
    const width = Buffer.byteLength(text);
    // Inside a character: where it begins. Bytes without text go with what follows them.
    for (let i = 1; i < width; i++) offsets.push(source);
    source += bytes.length;
    if (width > 0) offsets.push(source);
  }
  return offsets;
}

async function failureOf(promise: Promise<unknown>): Promise<VantageflowError> {
  const error = await promise.then(
    (out) => out,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof VantageflowError)) throw new Error(`expected to be refused: ${error}`);
  return error;
}

describe.each(Object.keys(SAMPLES))("%s", (label) => {
  it("comes out as UTF-8, whatever pieces come in and are asked for, and each offset leads back", async () => {
    await fc.assert(
      fc.asyncProperty(parts(label, 60), pieces, fc.integer({ min: 1, max: 40 }), async (list, sizes, at) => {
        // What begins a text with U+FEFF begins it with a byte order mark.
        fc.pre(!textOf(list).startsWith("\ufeff"));
        const decoding = decode("a", pullOf(bytesOf(list), sizes), label);
        const wanted = Buffer.from(textOf(list));
        expect((await drained(decoding.pull, at)).equals(wanted)).toBe(true);
        const offsets = offsetsOf(list);
        const isIdentity = label === "utf-8";
        expect(offsets.map((_, i) => decoding.sourceOffset(i))).toEqual(
          isIdentity ? offsets.map((_, i) => i) : offsets,
        );
      }),
      { numRuns: 200 },
    );
  });

  it("does so beyond what is held at once, asked for now and then", async () => {
    const some = fc.sample(parts(label, 400), { seed: 7, numRuns: 8 }).flat();
    const times = Math.ceil(150_000 / bytesOf(some).length);
    const list = [...SAMPLES[label][0], ...Array(times).fill(some).flat()];
    const source = bytesOf(list);
    const offsets = offsetsOf(list);
    const decoding = decode("a", pullOf(source, [1000, 1, 70_000]), label);
    const text: Buffer[] = [];
    let size = 0;
    const into = Buffer.alloc(1237);
    for (let length = -1; length !== 0; ) {
      length = await decoding.pull(into);
      text.push(Buffer.from(into.subarray(0, length)));
      size += length;
      const at = Math.max(0, size - 700);
      expect(decoding.sourceOffset(at)).toBe(label === "utf-8" ? at : offsets[at]);
    }
    expect(Buffer.concat(text).equals(Buffer.from(textOf(list)))).toBe(true);
    expect(decoding.sourceOffset(size)).toBe(offsets[size]);
  });
});

it("leads no offset back that is behind the last one or beyond the text", async () => {
  const decoding = decode("a", pullOf(Buffer.from("\xb0C,1", "latin1")), "latin1");
  await drained(decoding.pull);
  expect([1, 2, 5].map((at) => decoding.sourceOffset(at))).toEqual([0, 1, 4]);
  for (const at of [4, 6]) expect(() => decoding.sourceOffset(at)).toThrow(RangeError);
});

describe.each(Object.entries(INVALID))("bytes that are none in %s", (label, bad) => {
  it("are refused at their offset in the source, behind the text before them, in whatever pieces", async () => {
    await fc.assert(
      fc.asyncProperty(parts(label, 40), pieces, fc.integer({ min: 1, max: 40 }), async (list, sizes, at) => {
        fc.pre(!textOf(list).startsWith("\ufeff"));
        const before = bytesOf(list);
        for (const bytes of [bad, bad.slice(0, 1)]) {
          if (label === "iso-2022-jp" && list.length > 0 && list.at(-1)?.[1] === "") continue;
          const source = Buffer.concat([before, Buffer.from(bytes)]);
          const { pull } = decode("a", pullOf(source, sizes), label);
          let text = Buffer.alloc(0);
          const all = async () => {
            const into = Buffer.alloc(at);
            for (let length = -1; length !== 0; text = Buffer.concat([text, into.subarray(0, length)])) {
              length = await pull(into);
            }
          };
          const error = await failureOf(all());
          expect([error.code, error.byteOffset]).toEqual(["encoding_invalid", before.length]);
          expect(text.toString()).toBe(textOf(list));
          expect(await failureOf(all())).toBe(error);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("a byte order mark", () => {
  const MARKS = { "utf-8": [0xef, 0xbb, 0xbf], "utf-16le": [0xff, 0xfe], "utf-16be": [0xfe, 0xff] };
  const LABELS = ["utf-8", "utf-16le", "utf-16be", "windows-1252", "shift_jis", "gbk"];

  it("is no text where it is that of the encoding, and counts in offsets", async () => {
    const written = [
      ["utf-8", Buffer.from("\ufeffA\ufeff")],
      ["utf-16", Buffer.from("\ufeffA\ufeff", "utf16le")],
      ["utf-16be", Buffer.from("\ufeffA\ufeff", "utf16le").swap16()],
      ["gbk", Buffer.from([0x84, 0x31, 0x95, 0x33, 0x41, 0x84, 0x31, 0x95, 0x33])],
    ] as const;
    for (const [label, bytes] of written) {
      for (const size of [1, 2, 3, 100]) {
        const decoding = decode("a", pullOf(bytes, [size]), label);
        expect((await drained(decoding.pull, 50)).toString("utf8")).toBe("A\ufeff");
        expect(decoding.sourceOffset(0)).toBe(label === "utf-8" ? 3 : label === "gbk" ? 4 : 2);
        expect(decoding.sourceOffset(4)).toBe(bytes.length);
      }
    }
  });

  it("is refused where it is that of another one, naming both, each time it is pulled", async () => {
    for (const [name, bytes] of Object.entries(MARKS)) {
      for (const label of LABELS.filter((one) => one !== name)) {
        const { pull } = decode("a.csv", pullOf(Buffer.from([...bytes, 0x41, 0x00]), [1]), label);
        const error = await failureOf(drained(pull));
        expect([error.code, error.byteOffset]).toEqual(["encoding_invalid", 0]);
        expect(error.message).toContain(`byte order mark of ${name}, and its "encoding" is stated to be ${label}.`);
        expect(await failureOf(drained(pull))).toBe(error);
      }
    }
  });

  it("alone is an empty text, and half of one is none", async () => {
    expect((await drained(decode("a", pullOf(Buffer.from(MARKS["utf-8"])), "utf-8").pull)).length).toBe(0);
    expect((await drained(decode("a", pullOf(Buffer.alloc(0)), "latin1").pull)).length).toBe(0);
    const error = await failureOf(drained(decode("a", pullOf(Buffer.from([0xef, 0xbb])), "utf-8").pull));
    expect([error.code, error.byteOffset]).toEqual(["encoding_invalid", 0]);
  });
});

describe("a label", () => {
  it("is any that the Encoding Standard knows and Node can read", () => {
    const named = ["UTF8", " latin1 ", "ascii", "csShiftJIS", "x-gbk", "iso-8859-16", "utf-16", "cp1252"].map(
      encodingOf,
    );
    expect(named).toEqual([
      ...["utf-8", "windows-1252", "windows-1252", "shift_jis", "gbk", "iso-8859-16", "utf-16le", "windows-1252"],
    ]);
    expect(["utf-7", "utf-32", "", "replacement", "constructor", "hz-gb-2312"].map(encodingOf)).toEqual(
      Array(6).fill(null),
    );
  });

  it("that is none is a wrong call", () => {
    expect(() => decode("a.csv", pullOf(Buffer.alloc(0)), "utf-7")).toThrow(
      /^Cannot read "a\.csv": "utf-7" is no encoding\. State one of the Encoding Standard, such as "windows-1252"\.$/,
    );
  });
});

/** All of the Encoding Standard's that Node reads. */
const NAMES = [
  ...["ibm866", "koi8-r", "koi8-u", "macintosh", "x-mac-cyrillic", "windows-874", "x-user-defined", "iso-8859-8-i"],
  ...[2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16].map((part) => `iso-8859-${part}`),
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((page) => `windows-125${page}`),
  ...["gbk", "gb18030", "big5", "euc-jp", "shift_jis", "euc-kr", "iso-2022-jp"],
];

/** Where Node 20 or 22, or ICU in all versions, reads bytes in another way than the standard. */
const DIFFERS: Readonly<Record<string, readonly string[]>> = {
  ibm866: ["1a", "1c", "7f"],
  shift_jis: ["1a", "1c", "7f"],
  "koi8-u": ["ae", "be"],
  "windows-874": ["db", "dc", "dd", "de", "fc", "fd", "fe", "ff"],
  "windows-1253": ["aa"],
  "windows-1255": ["ca"],
  "windows-1252": Array.from({ length: 32 }, (_, i) => (0x80 + i).toString(16)),
  gbk: ["ff"],
  big5: ["80", "ff"],
};

describe("the characters of all encodings", () => {
  const one = async (name: string, bytes: readonly number[]) =>
    (await drained(decode("a", pullOf(Uint8Array.from(bytes)), name).pull).catch(() => "none")).toString();

  it.each(NAMES)("%s: bytes alone are what Node reads, but for where that is wrong", async (name) => {
    const decoder = ["iso-8859-16", "x-user-defined"].includes(name) ? null : new TextDecoder(name, { fatal: true });
    const read: string[] = [];
    for (let byte = 0; byte < 256; byte++) read.push(await one(name, [byte]));
    const differing = read.flatMap((text, byte) => {
      let wanted = "none";
      try {
        if (decoder !== null) wanted = decoder.decode(Uint8Array.of(byte));
      } catch {}
      return decoder === null || text === wanted ? [] : [byte.toString(16)];
    });
    const known = DIFFERS[name] ?? (name.startsWith("euc-") ? differing.filter((hex) => /^[89]./.test(hex)) : []);
    expect(known).toEqual(expect.arrayContaining(differing));
    expect(createHash("sha256").update(read.join()).digest("hex").slice(0, 16)).toMatchSnapshot();
  });

  /** The two bytes as Node reads them, where they are one character of two bytes; else null. */
  function readByNode(decoder: TextDecoder, bytes: Uint8Array): number | null {
    try {
      const text = decoder.decode(bytes);
      return text.length === 1 ? text.charCodeAt(0) : null;
    } catch {
      return null;
    }
  }

  it.each(["gb18030", "gbk", "big5", "euc-jp", "shift_jis", "euc-kr"])("%s: two bytes are what Node reads", (name) => {
    const decoder = new TextDecoder(name === "gbk" ? "gb18030" : name, { fatal: true });
    const step = encodingNamed(name)!.open();
    const read: number[] = [];
    for (let lead = 0x81; lead <= 0xff; lead++) {
      for (let trail = 0; trail <= 0xff; trail++) {
        const bytes = Uint8Array.of(lead, trail);
        const found = step(bytes, 0, 2);
        read.push(found);
        // ICU has more there than the half-width characters of JIS X 0201.
        const isExtended = name === "euc-jp" && lead === 0x8e && trail >= 0xe0;
        if ((found > 0 && (found & 7) === 1) || isExtended) continue;
        const wanted = readByNode(decoder, bytes);
        const isPrivate = name === "big5" && wanted !== null && wanted >= 0xe000 && wanted < 0xf900;
        if ((found < 0 ? null : found >> 3) !== (isPrivate ? null : wanted)) {
          throw new Error(`0x${lead.toString(16)} 0x${trail.toString(16)}: ${found >> 3}, Node reads ${wanted}`);
        }
      }
    }
    expect(createHash("sha256").update(read.join()).digest("hex").slice(0, 16)).toMatchSnapshot();
  });

  it.each([
    [
      "gb18030",
      (i: number) => [
        0x81 + Math.floor(i / 12_600),
        0x30 + (Math.floor(i / 1260) % 10),
        0x81 + (Math.floor(i / 10) % 126),
        0x30 + (i % 10),
      ],
      1_587_600,
    ],
    ["euc-jp", (i: number) => [0x8f, 0xa1 + Math.floor(i / 94), 0xa1 + (i % 94)], 94 * 94],
  ] as const)("%s: longer ones are the same on every Node", (name, bytesAt, count) => {
    const step = encodingNamed(name)!.open();
    const read = new Int32Array(count);
    for (let i = 0; i < count; i++) read[i] = step(Uint8Array.from(bytesAt(i)), 0, bytesAt(i).length);
    expect(createHash("sha256").update(read).digest("hex").slice(0, 16)).toMatchSnapshot();
  });
});
