import { VantageflowError } from "../../errors.ts";
import type { SourceObject } from "../../pipeline/source.ts";
import { MAX_SOURCE_BYTES } from "../contract-rows.ts";
import { isNamedZone } from "../fields/clock.ts";
import { loadZones } from "../fields/zones.ts";
import { END, type Frame, MORE, ROW } from "../frames/frame.ts";
import { roomForRows } from "../frames/room.ts";
import { MadeRows } from "../made-rows.ts";
import { openFrame } from "../open-frame.ts";
import type { RecordKernel } from "../record-kernel.ts";
import { RowBuffer } from "../row-buffer.ts";
import { openSourceText } from "../text.ts";
import type { InputReader } from "./shared-input.ts";
import type { MakerFault, MakerSetup, Slice } from "./slice.ts";

/** Bytes of rows that are handed over together. */
const SLICE_BYTES = 256 * 1024;

/** Makes all rows of a source, slice by slice; what it is pulled from waits. Throws what the source is refused with. */
export async function makeSlices(
  setup: MakerSetup,
  input: InputReader,
  kernel: RecordKernel | null,
  post: (slice: Slice) => void,
): Promise<void> {
  const { contract, key, arrival, maxRowBytes } = setup;
  const { timestamp } = contract.reading;
  const zones = timestamp !== undefined && isNamedZone(timestamp.zone) ? await loadZones() : null;
  const object: SourceObject = { key, arrival: () => arrival ?? stillLanding(key) };
  const text = openSourceText(key, input.pull, contract.format, false);
  const { frame, maker } = openFrame(object, text.pull, { contract, zones, maxRowBytes, kernel });
  const made = new MadeRows(key, new RowBuffer(roomForRows, 2 * SLICE_BYTES));
  const rows = maker(made);
  let handedAt = 0;
  const hand = (isLast: boolean) => {
    const taken = made.rows.take();
    made.moved += taken.length;
    const origins = made.origins.handOver(text.sourceOffset);
    const { absent, records } = made;
    handedAt = frame.byteOffset;
    input.awaitTurn();
    post({
      rows: taken,
      origins,
      absent,
      records,
      isLineEndAdded: made.isUnterminated(frame),
      lastRowStart: made.lastStart,
      remarks: made.remarks(),
      isLast,
    });
  };
  let hasBegun = false;
  const begin = () => {
    if (!hasBegun) rows.begin();
    hasBegun = true;
  };
  try {
    for (let state: ReturnType<Frame["next"]> = MORE; state !== END; ) {
      state = frame.next();
      if (state === ROW) {
        begin();
        rows.make();
        if (made.rows.length >= SLICE_BYTES || frame.byteOffset - handedAt >= MAX_SOURCE_BYTES) hand(false);
      } else if (state === MORE) frame.fill();
    }
    begin();
    hand(true);
  } catch (error) {
    // What stands in front of a fault was read.
    hand(false);
    throw error;
  }
}

function stillLanding(key: string): never {
  throw new Error(`"${key}" is still landing`);
}

/** What is told of an error to another thread. */
export function makerFaultOf(error: unknown): MakerFault {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof VantageflowError ? error : undefined;
  const { key, line, byteOffset, column } = known ?? {};
  return { message, code: known?.code ?? null, key, line, byteOffset, column };
}
