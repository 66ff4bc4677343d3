/** The memory before the bytes: what JavaScript says of the file, and what the kernel says of a group of rows. */

/** Where the bytes begin that are scanned; all positions that cross the seam are counted from here. A page of 64 kB. */
export const ORIGIN: usize = 0x10000;

/** Readings that are told of at once: few enough for their bytes to be in the cache when they are counted. */
export const GROUP: i32 = 2048;

/** More columns than a file has that anybody would read at a glance. */
export const MAX_COLUMNS: i32 = 256;

/** The role of each column of the file, a byte each, as `header.ts` numbers them. */
export const ROLES: usize = memory.data(MAX_COLUMNS, 16);

/** Int32: where the first row begins that was not taken, the ends of silver and anomalies, how many anomalies there are. */
export const RESULT: usize = memory.data(16, 16);

/** Of each reading: where its id begins (int32), how long it is (int32), the id's hash before its last step (int32). */
export const STARTS: usize = memory.data(GROUP * 4, 16);
export const LENGTHS: usize = memory.data(GROUP * 4, 16);
export const HASHES: usize = memory.data(GROUP * 4, 16);
/** Its value (double), and 1 for an anomaly (byte). */
export const VALUES: usize = memory.data(GROUP * 8, 16);
export const SIDES: usize = memory.data(GROUP, 16);
