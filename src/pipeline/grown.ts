/** A typed array twice as long, with what was there. */
export function grown<T extends Uint8Array | Int32Array | Float64Array>(old: T): T {
  const larger = new (old.constructor as new (length: number) => T)(old.length * 2);
  larger.set(old);
  return larger;
}
