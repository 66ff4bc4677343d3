import type { BatchQuery, DetectionQuery, DeviceQuery } from "../monitor/details.ts";
import type { Monitor } from "../monitor/monitor.ts";
import type { Overview } from "../monitor/overview.ts";
import type { ReadingsTable } from "../tables/scan/readings-table.ts";
import {
  BATCH_PARAMETERS,
  DETECTION_PARAMETERS,
  DEVICE_PARAMETERS,
  type Parameters,
  READING_PARAMETERS,
  type ReadingQuery,
  VALUES_PARAMETERS,
  type ValuesQuery,
} from "./parameters.ts";
import { firstVersion, lookedAt, object, ref, type Schema } from "./schema.ts";
import { deviceValues, readingPage, tableDocument } from "./table-answers.ts";

/** Where the API stands, whoever serves it. */
export const API = "/api/v1";

/** One look at the lake. */
export interface Look {
  readonly overview: Overview;
  /** The overview as JSON: written out once for everybody. */
  readonly json: Uint8Array<ArrayBuffer>;
}

/** A route of the API that answers with one JSON document. */
export interface ApiRoute {
  /** Below {@link API}, as OpenAPI writes it; `{name}` is one percent-encoded segment. */
  readonly path: string;
  readonly summary: string;
  readonly segment?: { readonly name: string; readonly description: string };
  /** What is said where the answer is null. */
  readonly missing?: string;
  readonly parameters: Parameters;
  readonly schema: Schema;
  /** The document, or bytes that are one already; null where there is no such thing. */
  readonly answer: (asked: Asked) => unknown | Promise<unknown>;
}

export interface Asked {
  readonly monitor: Monitor;
  /** A look at the lake that is young enough. Throws `storage_failed`. */
  readonly look: () => Promise<Look>;
  /** The route's segment, decoded. */
  readonly segment: string;
  /** As `parameters` allows it. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly readings: ReadingsTable;
}

const NONE = {};
const NO_TABLE =
  "Cannot show the readings: the lake has no table of them yet. Make it: vantageflow tables sync, or wait for vantageflow-tables.";

const NO_DETECTIONS =
  "Cannot show detections: nobody has looked for any in this lake. Make them from its table of readings: vantageflow tables sync, then vantageflow detect.";

/** What the monitor tells of its last look, behind one that is young enough. */
function looking(answer: ApiRoute["answer"]): ApiRoute["answer"] {
  return async (asked) => {
    await asked.look();
    return answer(asked);
  };
}

/** A part of the overview, with the time it was true at. */
function part<Name extends "health" | "series" | "cost">(name: Name, summary: string, schema: Schema): ApiRoute {
  return {
    path: `/${name}`,
    summary,
    parameters: NONE,
    schema: object<Pick<Overview, "version" | "time" | Name>>({
      version: firstVersion,
      time: lookedAt,
      [name]: schema,
    } as never),
    async answer({ look }) {
      const { overview } = await look();
      return { version: 1, time: overview.time, [name]: overview[name] };
    },
  };
}

export const ROUTES: readonly ApiRoute[] = [
  {
    path: "/overview",
    summary: "All that the page's first screen shows; what vantageflow status --json prints",
    parameters: NONE,
    schema: ref("Overview"),
    answer: async ({ look }) => (await look()).json,
  },
  part("health", "The verdict, why, and what to type next", ref("Health")),
  part("series", "The last 24 hours, oldest first; rows are null where nothing was processed", {
    type: "array",
    items: ref("Hour"),
  }),
  part("cost", "What a month would cost at this pace: an estimate, never a bill", ref("CostEstimate")),
  {
    path: "/devices",
    summary: "Devices over all of gold",
    parameters: DEVICE_PARAMETERS,
    schema: ref("DevicePage"),
    answer: looking(({ monitor, query }) => monitor.devices(query as DeviceQuery)),
  },
  {
    path: "/devices/{id}",
    summary: "One device: its batches, newest readings and rejected rows",
    segment: { name: "id", description: "The device's id." },
    parameters: NONE,
    schema: ref("DeviceDetail"),
    answer: looking(({ monitor, segment }) => monitor.device(segment)),
  },
  {
    path: "/devices/{id}/values",
    summary:
      "A day, a week or a month of a device from the table: how many readings, lowest and highest, bucket by bucket",
    segment: { name: "id", description: "The device's id." },
    parameters: VALUES_PARAMETERS,
    schema: ref("DeviceValues"),
    missing: NO_TABLE,
    answer: ({ readings, segment, query }) => deviceValues(readings, segment, query as ValuesQuery),
  },
  {
    path: "/batches",
    summary: "Batches by the time they ended, newest first",
    parameters: BATCH_PARAMETERS,
    schema: ref("BatchPage"),
    answer: looking(({ monitor, query }) => monitor.batches(query as BatchQuery)),
  },
  {
    path: "/batches/{key}",
    summary: "One batch from bronze to gold",
    segment: { name: "key", description: "The key of its bronze object, or any key of the batch." },
    parameters: NONE,
    schema: ref("BatchDetail"),
    answer: looking(({ monitor, segment }) => monitor.batch(segment)),
  },
  {
    path: "/readings",
    summary: "Readings of the table, page by page, newest or oldest first",
    parameters: READING_PARAMETERS,
    schema: ref("ReadingPage"),
    missing: NO_TABLE,
    answer: ({ readings, query }) => readingPage(readings, query as ReadingQuery),
  },
  {
    path: "/detections",
    summary: "What is odd of devices by their own past, why, and who knows of it; newest first",
    parameters: DETECTION_PARAMETERS,
    schema: ref("DetectionPage"),
    missing: NO_DETECTIONS,
    answer: ({ monitor, query }) => monitor.detections(query as DetectionQuery),
  },
  {
    path: "/tables/readings",
    summary: "The table of readings: its version, columns, rows and files",
    parameters: NONE,
    schema: ref("Table"),
    missing: NO_TABLE,
    answer: ({ readings }) => tableDocument(readings),
  },
];
