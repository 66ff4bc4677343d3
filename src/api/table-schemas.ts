import type * as Page from "../monitor/details.ts";
import {
  firstVersion,
  list,
  number,
  object,
  oneOf,
  orNull,
  reason,
  ref,
  type Schema,
  text,
  time,
  upTo,
  wholeNumber,
} from "./schema.ts";
import type {
  BucketDocument,
  DeviceValuesDocument,
  ReadingDocument,
  ReadingPageDocument,
  TableDocument,
} from "./table-answers.ts";

const columns = list(
  object<TableDocument["columns"][number]>({
    name: text,
    type: { description: "In the words of the Delta protocol.", anyOf: [text, { type: "object" }] },
  }),
);
const carried: Schema = {
  type: "object",
  additionalProperties: text,
  description: "What its source carries along, by the column of the table; none that is null.",
};
const orNothing = (schema: Schema): Schema => ({
  ...orNull(schema),
  description: "Null only where another program has written the row.",
});

/** The shapes of `table-answers.ts`. */
export const TABLE_SCHEMAS = {
  Reading: object<ReadingDocument>({
    timestamp: time,
    nanos: {
      type: "integer",
      minimum: 0,
      maximum: 999_999,
      description: "What is below the timestamp's milliseconds.",
    },
    device_id: orNothing(text),
    value: orNothing(number),
    unit: orNothing(text),
    anomaly_score: orNothing(number),
    anomaly: orNothing({ type: "boolean" }),
    batch: orNothing(text),
    carried,
  }),
  ReadingPage: object<ReadingPageDocument>({
    version: firstVersion,
    table_version: { ...wholeNumber, description: "The version of the table that was read." },
    readings: upTo(1000, ref("Reading")),
    cursor: {
      ...orNull(text),
      description:
        "For the next page; null where there is none. A page may have fewer readings than its limit, and none.",
    },
  }),
  Detection: object<Page.DetectionDocument>({
    timestamp: { ...time, description: "Of the reading." },
    device_id: text,
    value: number,
    expected: number,
    band: { ...list(number), minItems: 2, maxItems: 2, description: "From where to where values are usual." },
    once_in_days: { ...number, description: "Something as odd comes once in so many days." },
    reason,
    score: number,
    detector: { ...wholeNumber, description: "The version of the detector that says so." },
    muted: {
      ...orNull(object<NonNullable<Page.DetectionDocument["muted"]>>({ id: text, who: text, why: text })),
      description: "Who said that nobody is to be told of it, and why.",
    },
  }),
  DetectionPage: object<Page.DetectionPage>({
    version: firstVersion,
    table_version: { ...wholeNumber, description: "The version of the table of detections." },
    readings_version: {
      ...orNull(wholeNumber),
      description: "The version of the table of readings that they are of; null while they are being made.",
    },
    complete: { type: "boolean", description: "False where there are older ones than these, too." },
    detections: upTo(1000, ref("Detection")),
  }),
  DeviceValues: object<DeviceValuesDocument>({
    version: firstVersion,
    table_version: wholeNumber,
    device_id: text,
    span: oneOf("day", "week", "month"),
    from: {
      ...orNull(time),
      description: "The start of the first bucket that was looked at; null where no reading was found.",
    },
    to: { ...orNull(time), description: "The end of the last bucket, in which its newest reading is." },
    bucket_seconds: wholeNumber,
    complete: {
      type: "boolean",
      description: "False where there was more than is looked at for an answer: then `from` is later than it would be.",
    },
    buckets: upTo(
      720,
      object<BucketDocument>({
        time,
        readings: wholeNumber,
        min_value: number,
        max_value: number,
        anomaly_count: wholeNumber,
        min_anomaly: orNull(number),
        max_anomaly: orNull(number),
      }),
    ),
  }),
  Table: object<TableDocument>({
    version: firstVersion,
    table: text,
    id: text,
    table_version: wholeNumber,
    committed: orNull(time),
    rows: wholeNumber,
    files: wholeNumber,
    bytes: wholeNumber,
    days: orNull({
      ...object<NonNullable<TableDocument["days"]>>({ first: text, last: text }),
      description: "The first and the last day of its readings, UTC.",
    }),
    columns,
  }),
} as const;
