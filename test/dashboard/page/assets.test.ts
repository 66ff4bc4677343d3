import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const read = (file: string) => readFileSync(`dist/dashboard/${file}`);
const SERVED = ["index.html", "app.js", "app.css", "favicon.svg"];

describe("the files of the page, as they are built", () => {
  it("weigh less than 250 kB together, compressed", () => {
    const sizes = SERVED.map((file) => gzipSync(read(file), { level: 9 }).length);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(250_000);
    expect(Math.min(...sizes)).toBeGreaterThan(100);
  });

  it("ask nobody for anything: no address of another host but names of XML namespaces", () => {
    for (const file of SERVED) {
      const text = read(file).toString();
      const urls = text.match(/(?:https?:)?\/\/[\w.-]+\.[a-z]{2,}[^\s"'`)]*/g) ?? [];
      const foreign = urls.filter((url) => !/^(https?:)?\/\/(www\.w3\.org|github\.com|observablehq\.com)\//.test(url));
      expect([file, foreign]).toEqual([file, []]);
    }
  });

  it("load no font, image or further stylesheet", () => {
    expect(/@import|url\(|@font-face/.exec(read("app.css").toString())).toBeNull();
  });

  it("hold no script or style in the document, which the policy would block", () => {
    const html = read("index.html").toString();
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
  });

  it("are these and no others", () => {
    expect(readdirSync("dist/dashboard").toSorted()).toEqual(SERVED.toSorted());
  });
});

it("the package comes with the licences of what its bundles hold", () => {
  const licences = readFileSync("dist/LICENSES.txt", "utf8");
  for (const name of ["@observablehq/plot", "preact", "d3-scale", "hono", "commander", "@aws-sdk/client-s3"]) {
    expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, "m"));
  }
});
