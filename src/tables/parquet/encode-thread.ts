import { parentPort } from "node:worker_threads";
import { encodeRowGroup } from "./encode.ts";
import type { EncodeReply, EncodeRequest } from "./encoder.ts";

// The body of the thread that encodes row groups while other rows are read.

parentPort?.on("message", ({ id, group }: EncodeRequest) => {
  const encoded = encodeRowGroup(group);
  parentPort?.postMessage({ id, encoded } satisfies EncodeReply, [encoded.bytes.buffer as ArrayBuffer]);
});
