import { resolve } from "node:path";

/**
 * What is loaded at one time goes into one file. esbuild makes a chunk of what the same entry points share, which cuts the
 * code into as many pieces as there are ways to share it, and Node takes a millisecond and more to find, read and link each.
 * So modules that are loaded later, entry points to esbuild, begin with the same others, and then share them whole. Every
 * module is still there once. What is named here in vain costs nothing but a file.
 */
const TOGETHER = [
  { first: ["src/cli/commands/ingest.ts", "src/cli/commands/run.ts"], of: /./ },
  {
    first: ["src/cli/given-contract.ts"],
    of: /\/(cli\/(contract-files|given-contract|commands\/contract\/(?!schema)\w+)|contracts\/(opener|readable))\.ts$/,
  },
  { first: ["src/monitor/monitor.ts"], of: /\/commands\/(dashboard|explain|status)\.ts$/ },
];

/** A plugin of esbuild. `entries` are those entry points that load so much too, beside all dynamic imports. */
export function together(entries) {
  const late = entries.map((path) => resolve(path));
  return {
    name: "together",
    setup(build) {
      build.onResolve({ filter: /\.ts$/ }, ({ path, kind, resolveDir, namespace }) => {
        // package.json says that no module has side effects: what is imported for its place alone would be left out.
        if (namespace === "late") return { path, sideEffects: true };
        const whole = resolve(resolveDir, path);
        return kind === "dynamic-import" || late.includes(whole) ? { path: whole, namespace: "late" } : null;
      });
      build.onLoad({ filter: /./, namespace: "late" }, ({ path }) => {
        const first = TOGETHER.flatMap(({ first, of }) => (of.test(path) ? first.map((one) => resolve(one)) : []));
        const lines = [
          ...first.map((one) => `import ${JSON.stringify(one)};`),
          `export * from ${JSON.stringify(path)};`,
        ];
        return { contents: lines.join("\n"), resolveDir: "." };
      });
    },
  };
}

/** A plugin of esbuild. commander asks for it at its start, and needs it for commands that are programs of their own. */
export const lateChildProcess = {
  name: "late-child-process",
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /\bcommander\b/.test(importer) ? { path: "node:child_process", namespace: "late-child-process" } : null,
    );
    build.onLoad({ filter: /./, namespace: "late-child-process" }, () => ({
      contents: 'exports.spawn = (...args) => require("node:child_process").spawn(...args);',
    }));
  },
};
