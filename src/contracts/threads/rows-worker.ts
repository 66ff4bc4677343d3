import { parentPort, workerData } from "node:worker_threads";
import { shareRooms } from "../frames/room.ts";
import { RecordKernel } from "../record-kernel.ts";
import { makerFaultOf, makeSlices } from "./make-slices.ts";
import { InputReader, type SharedInput } from "./shared-input.ts";
import type { MakerReply, MakerSetup } from "./slice.ts";

// The body of a thread that makes the rows of one source, while another scans them.

const { setup, input } = workerData as { readonly setup: MakerSetup; readonly input: SharedInput };
const reply = (message: MakerReply, moved: ArrayBuffer[]) => parentPort?.postMessage(message, moved);

const reader = new InputReader(input, () => reply({ isHungry: true }, []));
const kernel = RecordKernel.open();
shareRooms(reader, (bytes) => kernel?.room(bytes) ?? null);
try {
  await makeSlices(setup, reader, kernel, (slice) => {
    reply({ slice }, [slice.origins.numbers.buffer as ArrayBuffer]);
  });
} catch (error) {
  reply({ fault: makerFaultOf(error) }, []);
}
