import { HASH_MULTIPLIER, sameBytes, viewOf } from "../pipeline/devices.ts";
import { grown } from "../pipeline/grown.ts";

/** Places remembered; of more, and of those with longer units, what holds is worked out for each reading. */
const REMEMBERED = 65_536;
const REMEMBERED_UNIT_BYTES = 256;
/** Int32 per place: hash, measure, where its bytes begin (those of the id, then those of the unit), how many each has, and {@link lastBytes} of the unit. */
const FIELDS = 6;

/** What holds for readings of one device, unit and measure, by their bytes: worked out once, found in a few nanoseconds. */
export class Places<T> {
  readonly #find: (device: string, unit: string, measure: number) => T;
  readonly #found: T[] = [];
  /** Index + 1 of a place; 0 is empty. */
  #slots = new Int32Array(1024);
  #mask = 1023;
  #fields = new Int32Array(256 * FIELDS);
  #bytes = Buffer.alloc(8192);
  #view = viewOf(this.#bytes);
  #bytesEnd = 0;
  /** The buffer that was asked of last, and a view of it. */
  #asked: Uint8Array = this.#bytes;
  #askedView = this.#view;

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
    if (b !== this.#asked) {
      this.#asked = b;
      this.#askedView = viewOf(b);
    }
    const idLength = idEnd - idStart;
    const unitLength = unitEnd - unitStart;
    // Most units have up to four bytes: read at once, they need no loop whose end no processor can foretell.
    const unit = lastBytes(this.#askedView, unitStart, unitEnd);
    let h = Math.imul(hash ^ measure ^ (unitLength << 16), HASH_MULTIPLIER) ^ unit;
    if (unitLength > 4) for (let p = unitStart; p < unitEnd; p++) h = Math.imul(h ^ b[p], HASH_MULTIPLIER);
    h = Math.imul(h ^ (h >>> 15), HASH_MULTIPLIER);
    h ^= h >>> 13;
    const fields = this.#fields;
    let slot = h & this.#mask;
    for (let index = this.#slots[slot]; index !== 0; index = this.#slots[slot]) {
      const at = (index - 1) * FIELDS;
      const start = fields[at + 2];
      const isSame =
        fields[at] === h &&
        fields[at + 1] === measure &&
        fields[at + 3] === idLength &&
        fields[at + 4] === unitLength &&
        fields[at + 5] === unit &&
        sameBytes(this.#askedView, idStart, this.#view, start, idLength) &&
        (unitLength <= 4 || sameBytes(this.#askedView, unitStart, this.#view, start + idLength, unitLength));
      if (isSame) return this.#found[index - 1];
      slot = (slot + 1) & this.#mask;
    }
    return this.#insert(slot, h, b.subarray(idStart, idEnd), b.subarray(unitStart, unitEnd), unit, measure);
  }

  #insert(slot: number, h: number, id: Uint8Array, unit: Uint8Array, last: number, measure: number): T {
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
    const found = this.#find(text(id), text(unit), measure);
    const count = this.#found.length;
    if (count >= REMEMBERED || unit.length > REMEMBERED_UNIT_BYTES) return found;
    this.#reserve(id.length + unit.length);
    if ((count + 1) * FIELDS > this.#fields.length) this.#fields = grown(this.#fields);
    this.#fields.set([h, measure, this.#bytesEnd, id.length, unit.length, last], count * FIELDS);
    this.#bytes.set(id, this.#bytesEnd);
    this.#bytes.set(unit, this.#bytesEnd + id.length);
    this.#bytesEnd += id.length + unit.length;
    this.#slots[slot] = this.#found.push(found);
    if (this.#found.length * 2 > this.#mask) this.#growSlots();
    return found;
  }

  #reserve(more: number): void {
    if (this.#bytesEnd + more <= this.#bytes.length) return;
    const larger = Buffer.alloc(2 * (this.#bytesEnd + more));
    this.#bytes.copy(larger);
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }

  #growSlots(): void {
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array(this.#mask + 1);
    for (let i = 0; i < this.#found.length; i++) {
      let slot = this.#fields[i * FIELDS] & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = i + 1;
    }
  }
}

/** The last four bytes of `view[start..end)` as one number, the last one highest; all of them where there are fewer. */
function lastBytes(view: DataView, start: number, end: number): number {
  if (end === start) return 0;
  // Of which length it is, is not asked: units take turns, and no processor foretells them.
  if (end >= 4) return (view.getInt32(end - 4, true) >>> (8 * Math.max(start + 4 - end, 0))) | 0;
  let bytes = 0;
  for (let p = start; p < end; p++) bytes |= view.getUint8(p) << (8 * (p - start));
  return bytes;
}
