// Makes src/pipeline/kernel-module.ts of the AssemblyScript in kernel/. The compiler takes seconds, so what is made of the same
// sources by the same compiler is left as it is. The file is in the repository: tests and packages take it as any other.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const MODULE = "src/pipeline/kernel-module.ts";
const FLAGS = [
  "-O3",
  "--runtime",
  "stub",
  "--noAssert",
  "--enable",
  "simd",
  "--importMemory",
  // The pages in front of the bytes: the compiler says where they are too few.
  "--initialMemory",
  "9",
  "--zeroFilledMemory",
  "--use",
  "abort=",
];

/** Compiles the kernel where its module is of other sources. */
export async function buildKernel() {
  if (readFileSync(MODULE, "utf8").includes(digestOfSources())) return;
  writeFileSync(MODULE, await kernelModule());
}

/** The text of the module, whatever stands there. Throws what the compiler has to say. */
export async function kernelModule() {
  const { default: compiler } = await import("assemblyscript/asc");
  let wasm;
  const { error, stderr } = await compiler.main(["kernel/scan.ts", "--outFile", "kernel.wasm", ...FLAGS], {
    writeFile: (_name, contents) => {
      wasm = contents;
    },
  });
  if (error !== null) throw new Error(`Cannot compile the kernel: ${stderr}`);
  const lines = Buffer.from(wasm)
    .toString("base64")
    .match(/.{1,112}/g);
  return `/**
 * The WebAssembly of the folder \`kernel/\`, in base64. Made by \`npm run build\` where its sources have changed.
 * Sources and compiler: ${digestOfSources()}
 */
export const KERNEL_MODULE = [
${lines.map((line) => `  "${line}",\n`).join("")}].join("");
`;
}

function digestOfSources() {
  const hash = createHash("sha256").update(FLAGS.join(" "));
  hash.update(JSON.parse(readFileSync("node_modules/assemblyscript/package.json", "utf8")).version);
  const sources = readdirSync("kernel").filter((name) => name.endsWith(".ts"));
  for (const name of sources.sort()) hash.update(`${name}\n${readFileSync(`kernel/${name}`, "utf8")}`);
  return hash.digest("hex");
}
