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

let handing: Handing | null = null;
/** Of a few sizes, so that each finds its like. */
const rooms: Room[] = [];
let last: Room | null = null;

/**
 * From here on, rooms of this thread can be looked at by another one. They are used again once it is done with them: memory
 * that is shared makes no collector hurry, and of a source of long records all of it would be kept.
 */
export function shareRooms(by: Handing): void {
  handing = by;
}

/** Room for bytes that are pulled, in place of the one before it; whatever they were before stands in it. */
export function roomFor(bytes: number): Buffer {
  if (handing === null) return Buffer.allocUnsafe(bytes);
  if (last !== null) last.slice = handing.handed();
  const done = handing.done();
  // What stands in the one before goes on in this one.
  const size = 2 ** Math.ceil(Math.log2(bytes));
  let room = rooms.find((one) => one !== last && one.slice < done && one.buffer.byteLength === size);
  if (room === undefined) {
    room = { buffer: new SharedArrayBuffer(size), slice: 0 };
    rooms.push(room);
  }
  last = room;
  return Buffer.from(room.buffer, 0, bytes);
}
