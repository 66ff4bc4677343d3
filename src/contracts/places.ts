/** Places remembered; of more, what holds is worked out for each reading. */
const REMEMBERED = 65_536;
const STEP = 0x9e3779b1;

/** What holds for readings of one device, unit and measure, by their bytes: worked out once, found in a few nanoseconds. */
export class Places<T> {
  readonly #find: (device: string, unit: string, measure: number) => T;
  /** Index + 1 of a place; 0 is empty. */
  #slots = new Int32Array(1024);
  #mask = 1023;
  readonly #hashes: number[] = [];
  readonly #ids: Uint8Array[] = [];
  readonly #units: Uint8Array[] = [];
  readonly #measures: number[] = [];
  readonly #found: T[] = [];

  constructor(find: (device: string, unit: string, measure: number) => T) {
    this.#find = find;
  }

  at(
    b: Uint8Array,
    idStart: number,
    idEnd: number,
    hash: number,
    unitStart: number,
    unitEnd: number,
    measure: number,
  ): T {
    let h = Math.imul(hash ^ measure, STEP);
    for (let p = unitStart; p < unitEnd; p++) h = Math.imul(h ^ b[p], STEP);
    h ^= h >>> 15;
    let slot = h & this.#mask;
    for (let index = this.#slots[slot]; index !== 0; index = this.#slots[slot]) {
      const i = index - 1;
      const isSame =
        this.#hashes[i] === h &&
        this.#measures[i] === measure &&
        same(this.#ids[i], b, idStart, idEnd) &&
        same(this.#units[i], b, unitStart, unitEnd);
      if (isSame) return this.#found[i];
      slot = (slot + 1) & this.#mask;
    }
    // A slice of a Buffer would be a view of it, and its bytes are others soon.
    const [id, unit] = [Uint8Array.from(b.subarray(idStart, idEnd)), Uint8Array.from(b.subarray(unitStart, unitEnd))];
    return this.#insert(slot, h, id, unit, measure);
  }

  #insert(slot: number, h: number, id: Uint8Array, unit: Uint8Array, measure: number): T {
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
    const found = this.#find(text(id), text(unit), measure);
    if (this.#found.length >= REMEMBERED) return found;
    this.#hashes.push(h);
    this.#ids.push(id);
    this.#units.push(unit);
    this.#measures.push(measure);
    this.#slots[slot] = this.#found.push(found);
    if (this.#found.length * 2 > this.#mask) this.#grow();
    return found;
  }

  #grow(): void {
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array(this.#mask + 1);
    for (const [i, h] of this.#hashes.entries()) {
      let slot = h & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = i + 1;
    }
  }
}

function same(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  if (a.length !== to - from) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[from + i]) return false;
  return true;
}
