/** How far a thread that makes rows for another one is, in slices of rows. */
export interface Handing {
  /** Slices that were handed over: the number of the one that is being made. */
  handed(): number;
  /** Slices whose rows were scanned, so that nobody looks any more at what they were made of. */
  done(): number;
}

interface Room {
  /** All of it, shared. */
  readonly bytes: Buffer;
  /** The last slice that has rows of what stands in it. */
  slice: number;
}

/** Smaller ones are not worth a size of their own. */
const LEAST_BYTES = 64 * 1024;

let handing: Handing | null = null;
/** Gives rooms in place of what is shared otherwise; null where it has no more. */
let own: (bytes: number) => Buffer | null = () => null;
/** Of bytes that are pulled, and of rows that are handed over. */
const [pulled, made]: [Room[], Room[]] = [[], []];
let last: Room | null = null;

/**
 * From here on, rooms of this thread can be looked at by another one. They are used again once it is done with them: memory
 * that is shared, or was given away, makes no collector hurry, and all of it would be kept.
 */
export function shareRooms(by: Handing, room: typeof own = () => null): void {
  handing = by;
  own = room;
}

/** Room for bytes that are pulled, in place of the one before it; whatever they were before stands in it. */
export function roomFor(bytes: number): Buffer {
  if (handing === null) return Buffer.allocUnsafe(bytes);
  if (last !== null) last.slice = handing.handed();
  // What stands in the one before goes on in this one.
  last = freeRoom(pulled, bytes, handing, last);
  return last.bytes.subarray(0, bytes);
}

/** Room for rows of the slice that is being made, which is handed over with it. */
export function roomForRows(bytes: number): Buffer {
  if (handing === null) return Buffer.allocUnsafeSlow(bytes);
  const room = freeRoom(made, bytes, handing, null);
  room.slice = handing.handed();
  return room.bytes.subarray(0, bytes);
}

/** Of a few sizes, so that each finds its like. */
function freeRoom(rooms: Room[], bytes: number, by: Handing, taken: Room | null): Room {
  const done = by.done();
  const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, LEAST_BYTES)));
  const found = rooms.find((one) => one !== taken && one.slice < done && one.bytes.length === size);
  if (found !== undefined) return found;
  const room = { bytes: own(size) ?? Buffer.from(new SharedArrayBuffer(size)), slice: 0 };
  rooms.push(room);
  return room;
}
