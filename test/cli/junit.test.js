import { describe, expect, it } from "vitest";
import { junitXml } from "../../src/cli/junit.js";
import { wellFormed } from "./junit.js";
const HOSTILE = `<&>"'\u0000\u001b]]>\ud800\uffff\r\n\t<!-- -->`;
describe("junitXml", () => {
    it("escapes whatever is in a name or a message", () => {
        for (const text of [HOSTILE, `first\n${HOSTILE}`]) {
            const xml = junitXml({
                name: text,
                cases: [
                    { name: text, seconds: 1, failure: null, error: text },
                    { name: text, seconds: 1, failure: text, error: null },
                ],
            });
            expect(wellFormed(xml)).toBe(true);
            expect(xml).not.toContain("\u001b");
        }
    });
    it("counts and times what Jenkins and GitLab show", () => {
        const xml = junitXml({
            name: "suite",
            cases: [
                { name: "good", seconds: 0.25, failure: null, error: null },
                { name: "bad", seconds: 1, failure: "--- a\n+++ b", error: null },
                { name: "broken", seconds: 0.0004, failure: null, error: "why" },
            ],
        });
        expect(xml.split("\n")).toEqual([
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<testsuites tests="3" failures="1" errors="1" time="1.250">',
            '  <testsuite name="suite" tests="3" failures="1" errors="1" time="1.250">',
            '    <testcase classname="suite" name="good" time="0.250"/>',
            '    <testcase classname="suite" name="bad" time="1.000">',
            '      <failure message="--- a">--- a',
            "+++ b</failure>",
            "    </testcase>",
            '    <testcase classname="suite" name="broken" time="0.000">',
            '      <error message="why">why</error>',
            "    </testcase>",
            "  </testsuite>",
            "</testsuites>",
            "",
        ]);
    });
    it("is whole without a case", () => {
        expect(wellFormed(junitXml({ name: "none", cases: [] }))).toBe(true);
    });
});
