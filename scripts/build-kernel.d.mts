interface KernelSources {
  /** Where its module is. */
  readonly module: string;
}

export const KERNELS: Readonly<Record<"rows" | "records", KernelSources>>;

/** The text of a kernel's module, of that for rows unless another is given, compiled from the sources. */
export function kernelModule(kernel?: KernelSources): Promise<string>;
