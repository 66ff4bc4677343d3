import type { LakeView } from "../view.ts";
import { batches } from "./batches.ts";
import { deadLetters } from "./dead-letters.ts";
import { detections } from "./detections.ts";
import { gold } from "./gold.ts";
import { rejects } from "./rejects.ts";

/** Every view beside that of the table: a new one is named here and nowhere else. */
export const VIEWS: readonly LakeView[] = [gold, rejects, batches, deadLetters, detections];
