/** The memory before the bytes: what JavaScript says of the records that are expected, and what the kernel says of those it took. */

/** More values than a record has that is worth expecting, and more measures than most contracts have. */
export const MAX_VALUES: i32 = 128;
export const MAX_MEASURES: i32 = 128;

/** Kinds of records that are expected, of each of which there is all of what follows. */
export const KINDS: i32 = 8;
/** Int32 of each kind: how many values it has, and how many records of it were taken. */
export const COUNTS: usize = memory.data(KINDS * 8, 16);

/** Int32 of each value: where the bytes stand that come before it, how many those are, and its {@link SKIPPED role}; behind all values, what ends the record. */
export const VALUES: usize = memory.data(KINDS * (MAX_VALUES + 1) * 12, 16);
/** Int32 of each measure: the number of its value or -1; of what stands in front of the value and behind it in each row, where the bytes are and how many. */
export const MEASURES: usize = memory.data(KINDS * MAX_MEASURES * 20, 16);
/** A byte of each measure: 1 once it had a value. */
export const SEEN: usize = memory.data(MAX_MEASURES, 16);

/** Bytes that `VALUES` and `MEASURES` tell of; behind each piece there is room for 16 more. */
export const TEXT_BYTES: i32 = 16384;
export const TEXTS: usize = memory.data(KINDS * TEXT_BYTES + 64, 16);

/** Int32: where the last record that was taken begins and ends, where the made rows end, where those of the last record begin, and cells without a value. */
export const RESULT: usize = memory.data(32, 16);

/** Of each value of the record at hand: where it begins and ends; 0 of null. */
export const FROM: usize = memory.data(MAX_VALUES * 4, 16);
export const TO: usize = memory.data(MAX_VALUES * 4, 16);

/** What a value is asked for: for nothing; it is the record's time, what stands in its device's id, or a measure's value. */
export const SKIPPED: i32 = 0;
export const TIME: i32 = 1;
export const ID: i32 = 2;
export const MEASURED: i32 = 3;
