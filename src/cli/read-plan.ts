import { type PreviewOptions, previewLake } from "../preview/preview.ts";
import { rerunOf } from "../preview/rerun.ts";
import { summarizePreview } from "../preview/summary.ts";
import { openStorage } from "../storage/open.ts";
import { type GlobalFlags, type Io, untilEnd } from "./io.ts";
import type { WholePlan } from "./plan-text.ts";
import { createProgress } from "./progress.ts";
import { interruptible } from "./signals.ts";

type PlanOptions = Omit<PreviewOptions, "storage" | "stopped" | "onPlan" | "onRead"> & { readonly lake: string };

/** Reads what other rules would do to a lake, with progress; or with what code it was interrupted, and then it is not whole. */
export async function readPlan(
  io: Io,
  flags: GlobalFlags,
  options: PlanOptions,
): Promise<{ readonly plan: WholePlan; readonly interrupted: number | null }> {
  const { lake, proposed, before, after, limit } = options;
  const storage = untilEnd(io, openStorage(lake));
  const progress = createProgress(io, flags);
  const { results: preview, interrupted } = await interruptible(io, flags, (stopped) =>
    previewLake({
      ...{ ...options, storage, stopped },
      onPlan: (objects) => {
        const bytes = objects.reduce((sum, { size }) => sum + size, 0);
        progress.expect(objects.length, bytes);
      },
      onRead: ({ key, size }) => {
        progress.read(key, size, 0);
        progress.finished();
      },
    }),
  );
  progress.end();
  const summary = await summarizePreview(storage, preview, limit);
  const rerun = await rerunOf(storage, summary.again);
  return { plan: { lake, proposed, before, after, preview, summary, rerun }, interrupted };
}
