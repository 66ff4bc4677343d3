import { DAY_MS as DAY } from "../time.ts";

/** A timestamp kept as text and moved on by changing its digits: no Date for each row. */
export interface ReadingClock {
  /** `2024-01-01T10:00:00.000Z`, in wide rows `2024-01-01 10:00:00.000`; always the current time. */
  readonly text: Uint8Array;
  /** Moves on by `step` milliseconds. */
  advance(): void;
}

/** A clock at `start` (milliseconds since 1970, years 0 to 9999) that moves on by `step` milliseconds. */
export function createReadingClock(start: number, step: number, wide: boolean): ReadingClock {
  let day = Math.floor(start / DAY) * DAY;
  let ms = start - day;
  const text = Buffer.from(
    wide ? new Date(start).toISOString().replace("T", " ").slice(0, -1) : new Date(start).toISOString(),
  );

  function twoDigits(at: number, number: number): void {
    const tens = (number / 10) | 0;
    text[at] = 48 + tens;
    text[at + 1] = 48 + number - tens * 10;
  }

  function advance(): void {
    ms += step;
    if (ms >= DAY) {
      const days = Math.floor(ms / DAY);
      day += days * DAY;
      ms -= days * DAY;
      text.write(new Date(day).toISOString().slice(0, 10), 0, "latin1");
    }
    const seconds = (ms / 1000) | 0;
    const minutes = (seconds / 60) | 0;
    const hours = (minutes / 60) | 0;
    const fraction = ms - seconds * 1000;
    twoDigits(11, hours);
    twoDigits(14, minutes - hours * 60);
    twoDigits(17, seconds - minutes * 60);
    text[20] = 48 + ((fraction / 100) | 0);
    twoDigits(21, fraction % 100);
  }

  return { text, advance };
}
