import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const page = readFileSync("docs/security.md", "utf8");
const rows = page.split("\n").filter((line) => /^\| (?!from|-)/.test(line));

describe("docs/security.md", () => {
  it("names for each attack a test that exists and has tests in it", () => {
    expect(rows.length).toBeGreaterThan(15);
    for (const row of rows) {
      const tests = [...row.matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)].map(([, file]) => file);
      expect([row, tests.length > 0]).toEqual([row, true]);
      for (const file of tests) {
        expect([file, existsSync(file)]).toEqual([file, true]);
        expect([file, /\b(it|test)\b/.test(readFileSync(file, "utf8"))]).toEqual([file, true]);
      }
    }
  });

  it("has a policy beside it that names nobody and asks for private reports", () => {
    const policy = readFileSync("SECURITY.md", "utf8");
    expect(policy).toContain("private vulnerability reporting");
    expect(policy).not.toMatch(/[\w.]+@[\w.]+/);
  });
});

describe("the supply chain", () => {
  const { dependencies, devDependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8"));

  it("is pinned: every dependency to one version, every package of the lock to its digest", () => {
    for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies, ...peerDependencies })) {
      expect([name, range]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+(-[\w.]+)?$/)]);
    }
    const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
    const packages = Object.entries<{ integrity?: string; inBundle?: true; link?: true }>(lock.packages);
    const loose = packages.filter(([path, one]) => path !== "" && !one.inBundle && !one.integrity && !one.link);
    expect(loose.map(([path]) => path)).toEqual([]);
  });

  it("is named by the SBOM: each package that what is built imports, and each that is built into it", () => {
    // As a release makes it, and what becomes of it there.
    const release = readFileSync(".github/workflows/release.yml", "utf8");
    const [line, args, file] = /^ *npm (sbom [^>]+) > (release\/\S+)$/m.exec(release) ?? [];
    expect([line === undefined, file]).toEqual([false, "release/vantageflow.cdx.json"]);
    expect(release).toContain('gh release create "$GITHUB_REF_NAME" release/* ');
    const options = { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
    const sbom = JSON.parse(execFileSync("npm", (args ?? "").split(" "), options));
    expect(sbom.bomFormat).toBe("CycloneDX");
    const named = new Set<string>(
      sbom.components.map(({ group, name }: { group?: string; name: string }) => (group ? `${group}/${name}` : name)),
    );
    const built = readdirSync("dist", { recursive: true, encoding: "utf8" }).filter((file) => /\.js$/.test(file));
    const found = new Set<string>();
    for (const file of built) {
      const text = readFileSync(`dist/${file}`, "utf8");
      for (const [, from] of text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"((?:@[\w-]+\/)?[\w-][\w.-]*)(?:\/[^"\n]*)?"/g))
        found.add(from);
    }
    const imported = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => found.has(name));
    expect(imported.length).toBeGreaterThan(5);
    for (const name of [...imported, ...Object.keys({ ...dependencies, ...devDependencies })]) {
      expect([name, named.has(name)]).toEqual([name, true]);
    }
  });
});
