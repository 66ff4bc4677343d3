/** The text of `src/pipeline/kernel-module.ts`, compiled from the sources. */
export function kernelModule(): Promise<string>;
