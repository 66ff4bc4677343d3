/** The memory before the bytes: what JavaScript says of the file, and what the kernel says of a group of rows. */

/** Readings that are told of at once: few enough for their bytes to be in the cache when they are counted. */
export const GROUP: i32 = 2048;

/** More columns than a file has that anybody would read at a glance. */
export const MAX_COLUMNS: i32 = 256;

/** The role of each column of the file, a byte each, as `header.ts` numbers them. */
export const ROLES: usize = memory.data(MAX_COLUMNS, 16);

/**
 * Int32, told and answered: where the first row begins that was not taken, the ends of silver and anomalies, how many anomalies
 * were taken, and how many readings the columns hold of devices that are not known. Answered: where that row waits for its
 * limits (`limits.ts`) the number of its device, and where its id and its unit begin and end, else -1; and how many readings
 * {@link RULED} has.
 */
export const STATE: usize = memory.data(44, 16);

/** Of each reading: its value (double), 1 for an anomaly (byte), and the number of its device (int32), where it is known. */
export const VALUES: usize = memory.data(GROUP * 8, 16);
export const SIDES: usize = memory.data(GROUP, 16);
export const DEVICES: usize = memory.data(GROUP * 4, 16);

/**
 * Of each reading whose device is not known, int32: which of the readings it is, where its id begins, how long that is, and
 * the hash of it before its last step.
 */
export const ROWS: usize = memory.data(GROUP * 4, 16);
export const STARTS: usize = memory.data(GROUP * 4, 16);
export const LENGTHS: usize = memory.data(GROUP * 4, 16);
export const HASHES: usize = memory.data(GROUP * 4, 16);

/**
 * Of each reading, where they are all told of: its score (double), and where its row, its time and its unit begin and end (int32).
 */
export const SCORES: usize = memory.data(GROUP * 8, 16);
export const ROW_STARTS: usize = memory.data(GROUP * 4, 16);
export const ROW_ENDS: usize = memory.data(GROUP * 4, 16);
export const TIME_STARTS: usize = memory.data(GROUP * 4, 16);
export const TIME_ENDS: usize = memory.data(GROUP * 4, 16);
export const UNIT_STARTS: usize = memory.data(GROUP * 4, 16);
export const UNIT_ENDS: usize = memory.data(GROUP * 4, 16);

/** More rules than a contract has that anybody would keep in mind, and how many readings each has made anomalies (int32). */
export const MAX_RULES: i32 = 256;
export const RULED: usize = memory.data(MAX_RULES * 4, 16);

/** Where the bytes begin that are scanned, behind all this; all positions that cross the seam are counted from here. */
export const ORIGIN: usize = 0xa0000;
