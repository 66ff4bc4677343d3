/** How far a thread that makes rows for another one is, in slices of rows. */
export interface Handing {
  /** Slices that were handed over: the number of the one that is being made. */
  handed(): number;
  /** Slices whose rows were scanned, so that nobody looks any more at what they were made of. */
  done(): number;
}

interface Room {
  readonly buffer: SharedArrayBuffer;
  /** The last slice that has rows of what stands in it. */
  slice: number;
}

/** Smaller ones are not worth a size of their own. */
const LEAST_BYTES = 64 * 1024;

let handing: Handing | null = null;
/** Of bytes that are pulled, and of rows that are handed over. */
const [pulled, made]: [Room[], Room[]] = [[], []];
let last: Room | null = null;

/**
 * From here on, rooms of this thread can be looked at by another one. They are used again once it is done with them: memory
 * that is shared, or was given away, makes no collector hurry, and all of it would be kept.
 */
export function shareRooms(by: Handing): void {
  handing = by;
}

/** Room for bytes that are pulled, in place of the one before it; whatever they were before stands in it. */
export function roomFor(bytes: number): Buffer {
  if (handing === null) return Buffer.allocUnsafe(bytes);
  if (last !== null) last.slice = handing.handed();
  // What stands in the one before goes on in this one.
  last = freeRoom(pulled, bytes, handing, last);
  return Buffer.from(last.buffer, 0, bytes);
}

/** Room for the rows of the slice that is being made. */
export function roomForRows(bytes: number): Buffer {
  if (handing === null) return Buffer.allocUnsafeSlow(bytes);
  const room = freeRoom(made, bytes, handing, null);
  room.slice = handing.handed();
  return Buffer.from(room.buffer, 0, bytes);
}

/** Of a few sizes, so that each finds its like. */
function freeRoom(rooms: Room[], bytes: number, by: Handing, taken: Room | null): Room {
  const done = by.done();
  const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, LEAST_BYTES)));
  const found = rooms.find((one) => one !== taken && one.slice < done && one.buffer.byteLength === size);
  if (found !== undefined) return found;
  const room = { buffer: new SharedArrayBuffer(size), slice: 0 };
  rooms.push(room);
  return room;
}
