import { ingestBatch } from "../engine/ingest.ts";
import { hasCode } from "../errors.ts";
import type { ProcessContext } from "../functions/context.ts";
import type { BatchResult } from "../functions/result.ts";
import { bytesOf, isRereadable, type Upload, withPull } from "./ingest-files.ts";
import type { Io } from "./io.ts";

/**
 * Lands a file and processes it. Somebody else may land the same name meanwhile; seen again, it is the same content or a
 * clear refusal. Throws what `ingestBatch` and opening the file throw.
 */
export async function landUpload(
  context: ProcessContext,
  io: Pick<Io, "stdin">,
  upload: Upload,
  overwrite: boolean,
): Promise<BatchResult> {
  const bytes = bytesOf(upload.file) || undefined;
  const attempt = () => withPull(io, upload, (pull) => ingestBatch(context, upload.name, pull, overwrite, bytes));
  try {
    return await attempt();
  } catch (error) {
    if (!isRereadable(upload.file) || !hasCode(error, "conflict")) throw error;
    return attempt();
  }
}
