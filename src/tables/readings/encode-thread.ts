import { parentPort } from "node:worker_threads";
import { encodeFiles } from "./encode-files.ts";
import type { EncodeReply, EncodeRequest } from "./encoder.ts";

// The body of the thread that sorts and encodes rows while others are read.

parentPort?.on("message", ({ rows, columns }: EncodeRequest) => {
  const files = encodeFiles(rows, columns);
  const memory = files.flatMap(({ groups }) => groups.map(({ bytes }) => bytes.buffer as ArrayBuffer));
  parentPort?.postMessage(files satisfies EncodeReply, memory);
});
