/** Bytes that are written one after the other. */
export class ByteSink {
  length = 0;
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);

  /** What was written; it is overwritten by what comes after {@link reset}. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  reset(): void {
    this.length = 0;
  }

  /** Makes room for so many more and returns all the bytes: whoever writes into them sets {@link length}. */
  room(bytes: number): Uint8Array {
    if (this.length + bytes > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + bytes));
      larger.set(this.written);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return this.#bytes;
  }

  byte(value: number): void {
    this.room(1)[this.length++] = value;
  }

  bytes(values: Uint8Array): void {
    this.room(values.length).set(values, this.length);
    this.length += values.length;
  }

  int32(value: number): void {
    this.room(4);
    this.#view.setInt32(this.length, value, true);
    this.length += 4;
  }

  double(value: number): void {
    this.room(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** An unsigned LEB128 of a safe integer. */
  varint(value: number): void {
    const bytes = this.room(8);
    while (value > 0x7f) {
      bytes[this.length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    bytes[this.length++] = value;
  }

  /** A signed number of up to 64 bits, so that those near zero are short. */
  zigzag(value: bigint): void {
    let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    for (; left > 0x7fn; left >>= 7n) this.byte(Number(left & 0x7fn) | 0x80);
    this.byte(Number(left));
  }
}
