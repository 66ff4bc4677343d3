/** The memory of WebAssembly is; the arrays that JavaScript sees it through are as the processor is. */
export function isLittleEndian(): boolean {
  return new Uint8Array(Int32Array.of(1).buffer)[0] === 1;
}
