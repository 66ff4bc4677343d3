import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cellsOf, comeOf, type Given, reasonsOf } from "./json-told.ts";

describe("cells", () => {
  const one = async (text: string, column: string) => (await cellsOf(text, { columns: [column] }))[0][0];

  it.each([
    ['{"a":1.50}', "a", "text", "1.50"],
    ['{"a":-0}', "a", "text", "-0"],
    ['{"a":1e999999}', "a", "text", "1e999999"],
    ['{"a":12345678901234567890.000}', "a", "text", "12345678901234567890.000"],
    ['{"a":"x y"}', "a", "text", "x y"],
    ['{"a":""}', "a", "text", ""],
    ['{"a":true}', "a", "word", "true"],
    ['{"a":false}', "a", "word", "false"],
    ['{"a":null}', "a", "none", ""],
    ['{"b":1}', "a", "none", ""],
    ['{"a":{"b":1}}', "a", "other", ""],
    ['{"a":[]}', "a", "other", ""],
    ['{"a":{"b":1}}', "a.b", "text", "1"],
    ['{"a":[{"b":1},{"b":2}]}', "a[1].b", "text", "2"],
    ['{"a":[10,[20,21]]}', "a[1][0]", "text", "20"],
    ['{"a":[1]}', "a[1]", "none", ""],
    ['{"a":[1]}', "a[999999999]", "none", ""],
    ['{"a":[1]}', "a.b", "none", ""],
    ['{"a":{"0":1}}', "a[0]", "none", ""],
    ['{"a":[1]}', 'a["0"]', "none", ""],
    ['{"a.b":{"c":1}}', '["a.b"].c', "text", "1"],
    ['{"a\\"b":1}', '["a\\"b"]', "text", "1"],
    ['{"a\\\\b":1}', "a\\b", "text", "1"],
    ['{"":1}', '[""]', "text", "1"],
    ['{"\\u0061\\u00e9":1}', "aé", "text", "1"],
    ['{"é😀":1}', "é😀", "text", "1"],
    ['{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t"}', "a", "text", '"\\/\b\f\n\r\t'],
    ['{"a":"\\u00E9\\u20ac\\u0001"}', "a", "text", "é€\u0001"],
    ['{"a":"\\ud83d\\ude00!"}', "a", "text", "😀!"],
    ['{"device":"d","dev":"e"}', "dev", "text", "e"],
    ['{"dev":"e","device":"d"}', "device", "text", "d"],
  ])("of %s at %s", async (text, column, kind, cell) => {
    expect(await one(text, column)).toEqual([kind, cell]);
  });

  it("of a column that is asked for twice", async () => {
    expect(await cellsOf('{"a":1}', { columns: ["a", "a"] })).toEqual([
      [
        ["text", "1"],
        ["text", "1"],
      ],
    ]);
  });

  it("are found whatever the order and number of keys", async () => {
    const names = Array.from({ length: 40 }, (_, i) => `k${i}`);
    const text = (order: string[]) => JSON.stringify(Object.fromEntries(order.map((name) => [name, name])));
    const lines = [names, names.toReversed(), names.filter((_, i) => i % 3 === 0), names].map(text).join("\n");
    const [a, b, c, d] = await cellsOf(lines, { columns: names });
    const all = names.map((name) => ["text", name]);
    expect([a, b, d]).toEqual([all, all, all]);
    expect(c).toEqual(names.map((name, i) => (i % 3 === 0 ? ["text", name] : ["none", ""])));
  });
});

describe("records", () => {
  const rowsOf = async (text: string, given: Given) => (await comeOf(text, given)).told.map(({ row }) => row);

  it("are documents, or the elements of a list", async () => {
    const text = '[{"a":1},\n {"a":2}] {"a":3}{"a":4}\n\n[] [[1],[2]]';
    expect(await rowsOf(text, { lines: false })).toEqual(['{"a":1}', '{"a":2}', '{"a":3}', '{"a":4}', "[1]", "[2]"]);
    expect(await cellsOf("[[1,2],[3]]", { lines: false, columns: ["[0]", "[1]"] })).toEqual([
      [
        ["text", "1"],
        ["text", "2"],
      ],
      [
        ["text", "3"],
        ["none", ""],
      ],
    ]);
  });

  it("of a line are several where it is a list, and stand on it", async () => {
    const { told } = await comeOf('[{"a":1},{"a":2}]\n{"a":3}', { columns: ["a"] });
    expect(told.map(({ line, byteOffset, row }) => [line, byteOffset, row])).toEqual([
      [1, 1, '{"a":1}'],
      [1, 9, '{"a":2}'],
      [2, 18, '{"a":3}'],
    ]);
  });

  it.each([true, false])("stand at a path, lines: %s", async (lines) => {
    const given = { lines, records: "d.r", columns: ["v", "$.id", "$.d.unit"] };
    const cells = await cellsOf('{"id":"x","d":{"r":[{"v":1},{"v":2}],"unit":"K"}}\n{"d":{"r":{"v":3}}}', given);
    expect(cells.map((row) => row.map(([, text]) => text))).toEqual([
      ["1", "x", "K"],
      ["2", "x", "K"],
      ["3", "", ""],
    ]);
  });

  it.each([true, false])("belong to members, but for those that the contract names, lines: %s", async (lines) => {
    const given = { lines, records: "*", columns: ["ts", "value", "member", "$.device", "$.meta.site"] };
    const text =
      '{"temp":[{"ts":1,"value":"2"},{"ts":3,"value":"4"}],"meta":{"site":"s"},"hu\\u006d":{"ts":5,"value":6},"device":"d","none":[]}';
    const cells = await cellsOf(text, given);
    expect(cells.map((row) => row.map(([, one]) => one))).toEqual([
      ["1", "2", "temp", "d", "s"],
      ["3", "4", "temp", "d", "s"],
      ["5", "6", "hum", "d", "s"],
    ]);
  });

  it("stand below each member", async () => {
    const text = '{"data":{"a":{"list":[{"v":1}]},"b":{"list":[{"v":2},{"v":3}]}}}';
    const cells = await cellsOf(text, { records: "data.*.list", columns: ["member", "v"] });
    expect(cells.map((row) => row.map(([, one]) => one).join())).toEqual(["a,1", "b,2", "b,3"]);
  });

  it("of several lists of one name are all told", async () => {
    expect(await rowsOf('{"r":[{"a":1}],"r":[{"a":2}]}', { records: "r" })).toEqual(['{"a":1}', '{"a":2}']);
  });

  it("stand in an element", async () => {
    const cells = await cellsOf('{"s":[{"r":[{"v":1}]},{"r":[{"v":2}]}]}', { records: "s[1].r", columns: ["v"] });
    expect(cells).toEqual([[["text", "2"]]]);
  });

  it("have their lines counted by LF, CRLF or CR, and their bytes as they stand", async () => {
    const text = '\r\n[\r{\r\n"é":\n1},\r\n\r\n  {"b":2}\n\n]\r{"c":\r\n3}';
    const { told } = await comeOf(text, { lines: false });
    expect(told.map(({ line, row }) => [line, row])).toEqual([
      [3, '{\r\n"é":\n1}'],
      [7, '{"b":2}'],
      [10, '{"c":\r\n3}'],
    ]);
    for (const { byteOffset, row } of told) {
      expect(Buffer.from(text).toString("utf8", byteOffset, byteOffset + Buffer.byteLength(row))).toBe(row);
    }
  });

  it("of the LoRaWAN source are what its table of readings has", async () => {
    const below = "result.uplink_message.decoded_payload";
    const columns = ["result.received_at", "result.end_device_ids.device_id"];
    columns.push(...["temp", "soil.moisture", "battery"].map((name) => `${below}.${name}`));
    const folder = "test/contracts/cases/lorawan-uplinks";
    const cells = await cellsOf(readFileSync(`${folder}/source.ndjson`, "utf8"), { columns });
    const readings = cells.flatMap(([[, time], [, id], ...values]) => {
      return values.flatMap(([kind, value], i) => {
        return kind === "text" ? [`${time},${id}.${["temp", "moisture", "battery"][i]},${value}`] : [];
      });
    });
    const wanted = readFileSync(`${folder}/readings.csv`, "utf8").trim().split("\n").slice(1);
    expect(readings).toEqual(wanted.map((line) => line.split(",").slice(0, 3).join()));
  });
});

describe("leaves", () => {
  const leavesOf = async (text: string, columns: readonly string[] = []) => {
    const { told } = await comeOf(text, { leaves: true, columns });
    return told.map(({ leaves }) => leaves.map(([name, kind, cell]) => `${name} ${kind} ${cell}`));
  };

  it("are all numbers, texts and booleans of a record, by their paths", async () => {
    const text =
      '{"a":{"b":1.50,"c":[true,{"d":"x"},[2]],"n":null,"e":{}},"a.b":{"c":3},"":4,"$":{"x":5},"y":{"$":6},"q\\"":7}';
    expect(await leavesOf(text)).toEqual([
      [
        "a.b text 1.50",
        "a.c[0] word true",
        "a.c[1].d text x",
        "a.c[2][0] text 2",
        '["a.b"].c text 3',
        '[""] text 4',
        '["$"].x text 5',
        "y.$ text 6",
        '["q\\""] text 7',
      ],
    ]);
  });

  it("are told beside columns, of records that have others and more of them", async () => {
    const lines = ['{"t":1,"l":[1,2,3],"v":{"a":1}}', '{"v":{"b":2},"l":[4]}', '{"l":[5,6,7,8],"t":"z"}', '{"l":[]}'];
    expect(await leavesOf(lines.join("\n"), ["t", "l[2]"])).toEqual([
      ["t text 1", "l[0] text 1", "l[1] text 2", "l[2] text 3", "v.a text 1"],
      ["v.b text 2", "l[0] text 4"],
      ["l[0] text 5", "l[1] text 6", "l[2] text 7", "l[3] text 8", "t text z"],
      [],
    ]);
    const cells = await cellsOf(lines.join("\n"), { leaves: true, columns: ["t", "l[2]"] });
    expect(cells.map((row) => row.map(([, cell]) => cell).join())).toEqual(["1,3", ",", "z,7", ","]);
  });

  it("are told of more paths than are remembered", async () => {
    const lines = Array.from({ length: 300 }, (_, i) => {
      return JSON.stringify({ t: i, o: Object.fromEntries(Array.from({ length: 200 }, (_, j) => [`k${i}x${j}`, j])) });
    });
    const { told } = await comeOf(lines.join("\n"), { leaves: true, columns: ["t", "o.k299x7"] });
    expect(told.map(({ leaves }) => leaves.length)).toEqual(lines.map(() => 201));
    expect(told[299].leaves[100]).toEqual(["o.k299x99", "text", "99"]);
    expect(told[298].cells).toEqual([
      ["text", "298"],
      ["none", ""],
    ]);
    expect(told[299].cells[1]).toEqual(["text", "7"]);
  });

  it("are no more than can be held", async () => {
    const list = (length: number) => `{"a":[${Array(length).fill("1").join()}]}`;
    const text = [list(65_534), list(65_535), "{}"].join("\n");
    const { told } = await comeOf(text, { leaves: true });
    expect(told.map(({ reason, leaves }) => [reason, leaves.length])).toEqual([
      ["", 65_534],
      ["json_invalid", 0],
      ["", 0],
    ]);
    const came = await comeOf(text, { leaves: true, lines: false });
    expect(came).toMatchObject({ told: [{}], refused: { code: "source_invalid", line: 2 } });
    expect(came.message).toContain("more than 65536 members");
    expect(await reasonsOf(text, { columns: ["a[65534]"] })).toEqual(["", "", ""]);
  });

  it("stand twice where any key does", async () => {
    const texts = ['{"a":1,"a":2}', '{"a":{"b":1},"a":{"c":2}}', '{"a":{"b":1,"b":null}}', '{"a":1,"\\u0061":1}'];
    expect(await reasonsOf(texts.join("\n"), { leaves: true })).toEqual(texts.map(() => "key_twice"));
  });
});

describe("rejects", () => {
  it.each([
    ["{}", ""],
    ["{} ", ""],
    ['{"a":1} {"a":2}', "json_invalid"],
    ['{"a":1},', "json_invalid"],
    ['{"a":1', "json_invalid"],
    ['{"a"', "json_invalid"],
    ['{"a" 1}', "json_invalid"],
    ['{"a":}', "json_invalid"],
    ['{"a":1,}', "json_invalid"],
    ["{,}", "json_invalid"],
    ["{1:2}", "json_invalid"],
    ["{'a':1}", "json_invalid"],
    ['{"a":[1,]}', "json_invalid"],
    ['{"a":[1}}', "json_invalid"],
    ['{"a":1]', "json_invalid"],
    ['{"a":[}', "json_invalid"],
    ['{"a":01}', "json_invalid"],
    ['{"a":-01}', "json_invalid"],
    ['{"a":-}', "json_invalid"],
    ['{"a":+1}', "json_invalid"],
    ['{"a":.5}', "json_invalid"],
    ['{"a":1.}', "json_invalid"],
    ['{"a":1.e5}', "json_invalid"],
    ['{"a":1e}', "json_invalid"],
    ['{"a":1e+}', "json_invalid"],
    ['{"a":NaN}', "json_invalid"],
    ['{"a":Infinity}', "json_invalid"],
    ['{"a":truth}', "json_invalid"],
    ['{"a":nul}', "json_invalid"],
    ['{"a":True}', "json_invalid"],
    ['{"a":"\t"}', "json_invalid"],
    ['{"a\u0001":1}', "json_invalid"],
    ['{"a":"\0"}', "json_invalid"],
    ['{"a":1}\0', "json_invalid"],
    ['\0{"a":1}', "json_invalid"],
    ['{"a":"\\x"}', "json_invalid"],
    ['{"a":"\\u12g4"}', "json_invalid"],
    ['{"a":"\\u123"}', "json_invalid"],
    ['{"a":"x}', "json_invalid"],
    ['{"b":"\\ud800"}', ""],
    ['{"b":"\\u0000"}', ""],
    ['{"a":"x\\u0000"}', "json_invalid"],
    ['{"a":"\\ud800"}', "json_invalid"],
    ['{"a":"\\ud800x\\udc00"}', "json_invalid"],
    ['{"a":"\\udc00"}', "json_invalid"],
    ['{"a":"\\ud800\\n"}', "json_invalid"],
    ['{"a":"\\ud800\\ud800\\udc00"}', "json_invalid"],
    ['{"a":1}\u00a0', "json_invalid"],
    ["# comment", "json_invalid"],
    ["1", "record_missing"],
    ["-1.5e3", "record_missing"],
    ['"text"', "record_missing"],
    ["true", "record_missing"],
    ["null", "record_missing"],
    ["tru", "json_invalid"],
    ["1 2", "json_invalid"],
    ["12x", "json_invalid"],
    ['{"a":1,"a":2}', "key_twice"],
    ['{"a":1,"a":null}', "key_twice"],
    ['{"a":null,"\\u0061":1}', "key_twice"],
    ['{"b":1,"b":2}', ""],
    ['{"c":{"d":1},"c":{"e":2}}', "key_twice"],
    ['{"c":{"d":1},"c":{"e":2}', "json_invalid"],
  ])("the line %j: %s", async (line, reason) => {
    const given = { columns: ["a", "c.d"] };
    const good = '{"a":9}';
    const { told, isLineEndAdded } = await comeOf(`${good}\n${line}\r\n${good}`, given);
    expect(told.map((one) => [one.line, one.reason])).toEqual([
      [1, ""],
      [2, reason],
      [3, ""],
    ]);
    expect(isLineEndAdded).toBe(true);
    if (reason === "json_invalid" && !line.includes("ud")) expect(told[1].row).toBe(line);
    // As the last line, without end.
    expect((await comeOf(`${good}\n${line}`, given)).told[1].reason).toBe(reason);
  });

  it("tells the last line that is cut off, and that it is", async () => {
    expect(await comeOf('{"a":1}\n{"a":2', {})).toMatchObject({
      told: [{}, { reason: "json_invalid" }],
      isLineEndAdded: true,
    });
    expect(await comeOf('{"a":1}\n{"a":2}', {})).toMatchObject({ told: [{}, { reason: "" }], isLineEndAdded: true });
    expect(await comeOf('{"a":1}\n', {})).toMatchObject({ told: [{}], isLineEndAdded: false });
    expect(await comeOf('{"a":1}\r', {})).toMatchObject({ told: [{}], isLineEndAdded: false });
    expect(await comeOf('{"a":1}\n  ', {})).toMatchObject({ told: [{}], isLineEndAdded: false });
    expect(await comeOf('[{"a":1}]', {})).toMatchObject({ told: [{}], isLineEndAdded: true });
    expect(await comeOf("", {})).toMatchObject({ told: [], isLineEndAdded: false });
    expect(await comeOf('{"a":1}', { lines: false })).toMatchObject({ told: [{}], isLineEndAdded: false });
  });

  it("nothing of a line that has records in front of what is no JSON", async () => {
    const { told } = await comeOf('[{"a":1},{"a":2},x]\n{"r":[{"a":1}]', {});
    expect(told.map(({ row, reason }) => [row, reason])).toEqual([
      ['[{"a":1},{"a":2},x]', "json_invalid"],
      ['{"r":[{"a":1}]', "json_invalid"],
    ]);
    expect(await reasonsOf('{"r":[{"a":1}]} x', { records: "r" })).toEqual(["json_invalid"]);
  });

  it("nothing for paths that are deeper than what is read", async () => {
    const deep = Array(129).fill("a").join(".");
    expect(await cellsOf('{"a":1}', { columns: [deep, "a"] })).toEqual([
      [
        ["none", ""],
        ["text", "1"],
      ],
    ]);
    expect(await reasonsOf('{"a":1}', { records: deep })).toEqual(["record_missing"]);
  });

  it.each([true, false])("documents without records, and what is no record in a list, lines: %s", async (lines) => {
    const text = '{"q":1}\n[1]\n7\n{"r":[]}\n{"r":[1,{},"x",null]}\n{"r":5}\n{"r":null}';
    const { told } = await comeOf(text, { lines, records: "r" });
    expect(told.map(({ line, row, reason }) => [line, row, reason])).toEqual([
      [1, '{"q":1}', "record_missing"],
      [2, "[1]", "record_missing"],
      [3, "7", "record_missing"],
      [5, "1", "record_missing"],
      [5, "{}", ""],
      [5, '"x"', "record_missing"],
      [5, "null", "record_missing"],
      [6, "5", "record_missing"],
      [7, "null", "record_missing"],
    ]);
  });

  it("all records of a document whose own cell stands twice, or is no Unicode", async () => {
    const given = { records: "r", columns: ["$.d.i", "v"] };
    const texts = [
      '{"d":{"i":1},"r":[{"v":1}],"d":{"i":2}}',
      '{"d":{"i":1},"r":[{"v":1}],"d":{}}',
      '{"d":{"i":"\\ud800"},"r":[{"v":1}]}',
      '{"d":{"i":1},"x":1,"x":2,"r":[{"v":1}]}',
    ];
    for (const lines of [true, false]) {
      const reasons = await reasonsOf(texts.join("\n"), { ...given, lines });
      expect(reasons).toEqual(["key_twice", "key_twice", "json_invalid", ""]);
    }
    expect(await reasonsOf('{"\\ud800":[{}],"a":[{}]}', { records: "*", columns: ["member"] })).toEqual([
      "json_invalid",
      "",
    ]);
  });
});

describe("a file is refused", () => {
  it.each([
    ['{"a":1}\n{"a":x}', 1, 'line 2, character 6: "x" stands where JSON has nothing like it', 13],
    ['{"a":1}\r\n [{"a":1}, {"é":"😀", é}]', 2, 'line 2, character 22: "é" stands where', 34],
    ['{"a":1}{"a":"\\q"}', 1, 'line 1, character 15: "q" stands', 14],
    ['{"a":1}{"a":"\n"}', 1, 'line 1, character 14: "\\n" stands', 13],
    ['{"a":1}]', 1, 'line 1, character 8: "]" stands', 7],
    ['{"a":1},{"a":2}', 1, 'line 1, character 8: "," stands', 7],
    ["[1,2", 2, "line 1, character 5: the file ends within a JSON document", 4],
    ['[{"a":1},{"a":2', 1, "line 1, character 16: the file ends within", 15],
    ['[{"a":1},\n', 1, "line 2, character 1: the file ends within", 10],
    ['{"a":1}\n{"a":"x', 1, "line 2, character 8: the file ends within", 15],
    ['{"a":1}\0', 1, 'line 1, character 8: "\\u0000" stands', 7],
    ["\0", 0, 'line 1, character 1: "\\u0000" stands', 0],
  ])("%j", async (text, records, message, byteOffset) => {
    const { told, refused, message: said } = await comeOf(text, { lines: false });
    expect(told.length).toBe(records);
    expect(refused).toMatchObject({ code: "source_invalid", byteOffset });
    expect(said).toContain(`Cannot read "bronze/x.json": ${message}`);
  });

  it("not for documents that are no records", async () => {
    expect(await reasonsOf('1 2 "a""b" 3[] 4{}truefalse', { lines: false })).toEqual([
      ...["record_missing", "record_missing", "record_missing", "record_missing", "record_missing"],
      ...["record_missing", "", "record_missing", "record_missing"],
    ]);
  });

  it("where it is nested too deep, and a line is rejected", async () => {
    const nested = (levels: number) => `${"[".repeat(levels)}1${"]".repeat(levels)}`;
    const record = (levels: number) => `{"a":${nested(levels - 1)}}`;
    const text = [record(128), record(129), record(10_000), nested(10_000), record(1)].join("\n");
    const reasons = ["", "json_invalid", "json_invalid", "json_invalid", ""];
    expect(await reasonsOf(text, { columns: ["a[0]"] })).toEqual(reasons);
    expect(await reasonsOf(text, { leaves: true })).toEqual(reasons);
    const came = await comeOf(text, { lines: false });
    expect(came).toMatchObject({ told: [{}], refused: { code: "source_invalid", line: 2, byteOffset: 262 + 5 + 127 } });
    expect(came.message).toContain("nested deeper than 128 levels");
    const list = `${"[".repeat(128)}{}`;
    expect((await comeOf(list, { lines: false, records: `${"[0]".repeat(128)}` })).message).toContain("nested deeper");
  });

  it("where a record is too long, whatever it is part of", async () => {
    const long = `{"a":"${"x".repeat(92)}"}`;
    const given = { max: 100, columns: ["a"] };
    expect(long.length).toBe(100);
    const longer = long.replace("x", "xx");
    for (const lines of [true, false]) {
      expect(await comeOf(`${long}\n${long}`, { ...given, lines })).toMatchObject({ told: [{}, {}], refused: null });
      expect(await comeOf(`${long}\n ${longer}`, { ...given, lines })).toMatchObject({
        told: [{}],
        refused: { code: "row_too_long", line: 2, byteOffset: 102 },
      });
    }
    const inList = await comeOf(`{"r":[${long},\n${longer}]}`, { ...given, lines: false, records: "r" });
    expect(inList).toMatchObject({ told: [{}], refused: { code: "row_too_long", line: 2, byteOffset: 108 } });
    // Of a line all of it counts.
    expect(await comeOf(`${long} \n`, given)).toMatchObject({ told: [], refused: { code: "row_too_long" } });
    expect(await comeOf(`x${long}\n`, given)).toMatchObject({ told: [], refused: { code: "row_too_long" } });
    expect(await comeOf(`[${long}]\n`, given)).toMatchObject({ told: [], refused: { code: "row_too_long" } });
    // Outside of records a token does.
    expect(await comeOf(`{"x":"${"y".repeat(98)}","r":[{}]}`, { ...given, lines: false, records: "r" })).toMatchObject({
      told: [{}],
      refused: null,
    });
    for (const token of [`"${"y".repeat(99)}"`, "1".repeat(101), `"${"y".repeat(99)}":1`]) {
      const text = token.endsWith(":1") ? `{${token},"r":[{}]}` : `{"x":${token},"r":[{}]}`;
      const came = await comeOf(text, { ...given, lines: false, records: "r" });
      expect(came).toMatchObject({ told: [], refused: { code: "row_too_long" } });
    }
    // A document that has no records would be a reject.
    expect(await comeOf(`{"x":"${"y".repeat(90)}"}`, { ...given, lines: false, records: "r" })).toMatchObject({
      told: [{ reason: "record_missing" }],
    });
    const none = `{"x":"${"y".repeat(90)}","z":"${"y".repeat(90)}"}`;
    expect(await comeOf(none, { ...given, lines: false, records: "r" })).toMatchObject({
      told: [],
      refused: { code: "row_too_long", line: 1, byteOffset: 0 },
    });
  });
});

describe("what a document says outside of its records", () => {
  const list = `[${Array.from({ length: 10 }, (_, v) => `{"v":${v}}`).join()}]`;
  const given = { lines: false, records: "r", columns: ["$.d", "v"], max: 60 };

  it("is known wherever it stands, where the document can be held", async () => {
    for (const text of [`{"d":"x","r":${list}}`, `{"r":${list},"d":"x"}`]) {
      const cells = await cellsOf(text, { ...given, max: 200 });
      expect(cells.map((row) => row.map(([, one]) => one).join())).toEqual(
        Array.from({ length: 10 }, (_, v) => `x,${v}`),
      );
    }
  });

  it("is known in front of them, in a longer one, and forgotten behind", async () => {
    const text = `{"d":"\\u0078","r":${list}}\n{"r":${list}}{"r":[{"v":1}],"d":7}`;
    const cells = await cellsOf(text, given);
    expect(cells.map(([[, one]]) => one)).toEqual([...Array(10).fill("x"), ...Array(10).fill(""), "7"]);
  });

  it("refuses a longer document where it stands behind them", async () => {
    const came = await comeOf(`{"r":${list},\n"d":"x"}`, given);
    expect(came).toMatchObject({ refused: { code: "source_invalid", line: 2, byteOffset: 92 } });
    expect(came.told.length).toBe(10);
    expect(came.message).toContain("behind records that need it");
    expect(await comeOf(`{"r":${list},"d":null}`, given)).toMatchObject({ refused: null });
    expect(await comeOf(`{"d":1,"r":${list},"d":null}`, given)).toMatchObject({ refused: { code: "source_invalid" } });
    const within = { ...given, columns: ["$.r[0].v"] };
    expect(await comeOf(`{"r":${list}}`, within)).toMatchObject({ told: [], refused: { code: "source_invalid" } });
    expect(await cellsOf(`{"r":${list}}`, { ...within, max: 200 })).toEqual(Array(10).fill([["text", "0"]]));
  });

  it("is known of what is no JSON behind, and of what is cut off", async () => {
    const came = await comeOf('{"d":"x","r":[{"v":1},{"v":2}', { ...given, max: 200 });
    expect(came.told.map(({ cells }) => cells.map(([, one]) => one).join())).toEqual(["x,1", "x,2"]);
    expect(came.refused).toMatchObject({ code: "source_invalid", byteOffset: 29 });
  });
});
