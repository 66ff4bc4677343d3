const [MINUS, POINT, ZERO] = [45, 46, 48];

/** Integers below it, and ten times it, are exact in a double. */
const SMALL = 1e15;
const SMALL_DIGITS = 15;
const POWERS = Array.from({ length: SMALL_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
/** Longer numbers, and exponents beyond the other, are no decimals here: what they say would be longer than anybody reads. */
const MAX_BYTES = 1000;
const MAX_EXPONENT = 400;

/** A decimal to its last digit, for sums: an integer and how many of its digits are a fraction. */
export class ExactDecimal {
  /** Digits behind the point, those that are 0 included. */
  scale = 0;
  #small = 0;
  /** The integer where it is not small. */
  #big: bigint | null = null;

  /** The integer, of so many digits behind the point, which is small. */
  static of(integer: number, scale: number): ExactDecimal {
    const decimal = new ExactDecimal();
    decimal.#small = integer;
    decimal.scale = scale;
    return decimal;
  }

  /** Reads a number of JSON; false for one of more than 1,000 bytes or with an exponent beyond 400. */
  read(b: Buffer, from: number, to: number): boolean {
    if (to - from > MAX_BYTES) return false;
    let [small, digits, behind, isBehind] = [0, 0, 0, 0];
    let p = b[from] === MINUS ? from + 1 : from;
    for (; p < to; p++) {
      const digit = b[p] ^ ZERO;
      if (digit < 10) {
        small = small * 10 + digit;
        if (small > 0) digits++;
        behind += isBehind;
      } else if (b[p] === POINT) isBehind = 1;
      else break;
    }
    const exponent = p < to ? Number(b.toString("latin1", p + 1, to)) : 0;
    if (Math.abs(exponent) > MAX_EXPONENT) return false;
    const whole = Math.max(0, exponent - behind);
    this.scale = Math.max(0, behind - exponent);
    this.#big = null;
    if (digits + whole <= SMALL_DIGITS) {
      this.#small = (b[from] === MINUS ? -small : small) * POWERS[whole];
    } else {
      const integer = BigInt(b.toString("latin1", from, p).replace(".", ""));
      this.#big = integer * 10n ** BigInt(whole);
    }
    return true;
  }

  /** Becomes the sum of two others. */
  setSum(one: ExactDecimal, other: ExactDecimal): void {
    const scale = Math.max(one.scale, other.scale);
    this.scale = scale;
    this.#big = null;
    const sum = one.#smallAt(scale) + other.#smallAt(scale);
    if (Number.isNaN(sum)) this.#big = one.#bigAt(scale) + other.#bigAt(scale);
    else this.#small = sum;
  }

  isBelow(integer: number): boolean {
    if (this.#big !== null) return this.#big < BigInt(integer) * 10n ** BigInt(this.scale);
    return this.#small < integer * (this.scale <= SMALL_DIGITS ? POWERS[this.scale] : 10 ** this.scale);
  }

  /** The next integer that is not above it; Infinity, of its sign, where that is not safe in a double. */
  floor(): number {
    if (this.#big === null && this.scale <= SMALL_DIGITS) return Math.floor(this.#small / POWERS[this.scale]);
    const floor = Number(this.#floorBig());
    return Number.isSafeInteger(floor) ? floor : Math.sign(floor) * Number.POSITIVE_INFINITY;
  }

  /** Writes the digits of what is above {@link floor} to `out`, where {@link scale} bytes are free. */
  writeFraction(out: Uint8Array): void {
    if (this.#big === null && this.scale <= SMALL_DIGITS) {
      let rest = this.#small - this.floor() * POWERS[this.scale];
      for (let i = this.scale - 1; i >= 0; i--) {
        const tenth = Math.floor(rest / 10);
        out[i] = ZERO + rest - tenth * 10;
        rest = tenth;
      }
      return;
    }
    const rest = this.#bigAt(this.scale) - this.#floorBig() * 10n ** BigInt(this.scale);
    const digits = String(rest).padStart(this.scale, "0");
    for (let i = 0; i < this.scale; i++) out[i] = digits.charCodeAt(i);
  }

  /** Without an exponent: `-12.50`. */
  toString(): string {
    const text = String(this.#big ?? this.#small);
    if (this.scale === 0) return text;
    const [sign, digits] = text.startsWith("-") ? ["-", text.slice(1)] : ["", text];
    const padded = digits.padStart(this.scale + 1, "0");
    return `${sign}${padded.slice(0, -this.scale)}.${padded.slice(-this.scale)}`;
  }

  /** The integer with so many digits behind the point; NaN where it is not small then. */
  #smallAt(scale: number): number {
    if (this.#big !== null) return Number.NaN;
    // Beyond the last of them there is none: not a number, too.
    const integer = this.#small * POWERS[scale - this.scale];
    return Math.abs(integer) < SMALL ? integer : Number.NaN;
  }

  #bigAt(scale: number): bigint {
    return (this.#big ?? BigInt(this.#small)) * 10n ** BigInt(scale - this.scale);
  }

  #floorBig(): bigint {
    const [integer, unit] = [this.#bigAt(this.scale), 10n ** BigInt(this.scale)];
    return integer / unit - (integer % unit < 0n ? 1n : 0n);
  }
}
