const DAY = 86_400;
/** Days from 0000-03-01 to 1970-01-01. */
const EPOCH_FROM_MARCH = 719_468;
const FIRST_SECOND = -62_167_219_200;
const LAST_SECOND = 253_402_300_799;

/** Bytes that an instant takes at most beside the digits of its fraction: `2026-03-01T00:00:00` `.` `Z`. */
const ROOM = 21;

/** The most bytes that the timestamp of a cell of this length takes: of one that is digits only, nine become a fraction. */
export function roomForTimestamp(cellBytes: number): number {
  return ROOM + 9 + cellBytes;
}

/** Writes instants as `2026-03-01T00:00:00.25Z`. The date is worked out once for the rows of a day. */
export class InstantWriter {
  #day = Number.NaN;
  readonly #date = Buffer.from("0000-00-00T");

  /** Position behind it in `out`; -1, and nothing written, for what has no year of four digits. */
  write(out: Uint8Array, at: number, seconds: number, digits: Uint8Array, from: number, to: number): number {
    if (!(seconds >= FIRST_SECOND && seconds <= LAST_SECOND)) return -1;
    const day = Math.floor(seconds / DAY);
    if (day !== this.#day) this.#setDay(day);
    for (let i = 0; i < 11; i++) out[at + i] = this.#date[i];
    const second = seconds - day * DAY;
    const minute = (second / 60) | 0;
    const hour = (minute / 60) | 0;
    putPair(out, at + 11, hour);
    out[at + 13] = 58;
    putPair(out, at + 14, minute - hour * 60);
    out[at + 16] = 58;
    putPair(out, at + 17, second - minute * 60);
    let end = at + 19;
    if (to > from) {
      out[end++] = 46;
      for (let p = from; p < to; p++) out[end++] = digits[p];
    }
    out[end] = 90;
    return end + 1;
  }

  /** Of the proleptic Gregorian calendar; its year begins in March here, so that a leap day is the last of its days. */
  #setDay(day: number): void {
    this.#day = day;
    // 400 years more, which are 146,097 days: none is negative, and dividing cuts as it should.
    const days = day + EPOCH_FROM_MARCH + 146_097;
    const era = (days / 146_097) | 0;
    const ofEra = days - era * 146_097;
    const years = ((ofEra - ((ofEra / 1460) | 0) + ((ofEra / 36_524) | 0) - ((ofEra / 146_096) | 0)) / 365) | 0;
    const ofYear = ofEra - (365 * years + ((years / 4) | 0) - ((years / 100) | 0));
    const m = ((5 * ofYear + 2) / 153) | 0;
    const month = m < 10 ? m + 3 : m - 9;
    const year = (era - 1) * 400 + years + (month < 3 ? 1 : 0);
    putPair(this.#date, 0, (year / 100) | 0);
    putPair(this.#date, 2, year % 100);
    putPair(this.#date, 5, month);
    putPair(this.#date, 8, ofYear - (((153 * m + 2) / 5) | 0) + 1);
  }
}

function putPair(out: Uint8Array, at: number, number: number): void {
  const tens = (number / 10) | 0;
  out[at] = 48 + tens;
  out[at + 1] = 48 + number - tens * 10;
}
