// Makes modules of the AssemblyScript in kernel/. The compiler takes seconds, so what is made of the same sources by the same
// compiler is left as it is. The modules are in the repository: tests and packages take them as any other.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** `pages`: those in front of the bytes; the compiler says where they are too few. */
const flagsOf = (pages) => [
  "-O3",
  "--runtime",
  "stub",
  "--noAssert",
  "--enable",
  "simd",
  "--importMemory",
  "--initialMemory",
  pages,
  "--zeroFilledMemory",
  "--use",
  "abort=",
];
const sourcesIn = (folder) => readdirSync(folder).filter((name) => name.endsWith(".ts"));

export const KERNELS = {
  rows: {
    entry: "kernel/scan.ts",
    module: "src/pipeline/kernel-module.ts",
    name: "KERNEL_MODULE",
    what: "the folder `kernel/`",
    sources: () => sourcesIn("kernel"),
    flags: flagsOf("10"),
  },
  records: {
    entry: "kernel/json/records.ts",
    module: "src/contracts/record-kernel-module.ts",
    name: "RECORD_KERNEL_MODULE",
    what: "the folder `kernel/json/`",
    sources: () => [...sourcesIn("kernel/json").map((name) => `json/${name}`), "timestamp.ts"],
    // What is made of records is looked at by another thread.
    flags: [...flagsOf("4"), "--enable", "threads", "--sharedMemory", "--maximumMemory", "16384"],
  },
};

/** Compiles kernels where their modules are of other sources. */
export async function buildKernels() {
  for (const kernel of Object.values(KERNELS)) {
    if (readFileSync(kernel.module, "utf8").includes(digestOfSources(kernel))) continue;
    writeFileSync(kernel.module, await kernelModule(kernel));
  }
}

/** The text of a module, whatever stands there. Throws what the compiler has to say. */
export async function kernelModule(kernel = KERNELS.rows) {
  const { default: compiler } = await import("assemblyscript/asc");
  let wasm;
  const { error, stderr } = await compiler.main([kernel.entry, "--outFile", "kernel.wasm", ...kernel.flags], {
    // Functions that both loops call are not inlined unless that is said, by what is no TypeScript and stands in a comment there.
    readFile: (name, folder) => {
      try {
        return readFileSync(join(folder, name), "utf8").replaceAll("// @inline\n", "@inline\n");
      } catch {
        return null;
      }
    },
    writeFile: (_name, contents) => {
      wasm = contents;
    },
  });
  if (error !== null) throw new Error(`Cannot compile the kernel: ${stderr}`);
  const lines = Buffer.from(wasm)
    .toString("base64")
    .match(/.{1,112}/g);
  return `/**
 * The WebAssembly of ${kernel.what}, in base64. Made by \`npm run build\` where its sources have changed.
 * Sources and compiler: ${digestOfSources(kernel)}
 */
export const ${kernel.name} = [
${lines.map((line) => `  "${line}",\n`).join("")}].join("");
`;
}

function digestOfSources({ sources, flags }) {
  const hash = createHash("sha256").update(flags.join(" "));
  hash.update(JSON.parse(readFileSync("node_modules/assemblyscript/package.json", "utf8")).version);
  for (const name of sources().sort()) hash.update(`${name}\n${readFileSync(`kernel/${name}`, "utf8")}`);
  return hash.digest("hex");
}
