let isShared = false;

/** From here on, rooms of this thread can be looked at by others: for a thread that makes rows for another one. */
export function shareRooms(): void {
  isShared = true;
}

/** Room for bytes that are pulled; whatever they were before stands in it. */
export function roomFor(bytes: number): Buffer {
  return isShared ? Buffer.from(new SharedArrayBuffer(bytes)) : Buffer.allocUnsafe(bytes);
}
