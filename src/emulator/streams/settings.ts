/** How a stream's records come to a function: the parameters of Lambda's event source mapping, by other names. */
export interface MappingSettings {
  /** Records and bytes of one invocation. */
  readonly batchSize: number;
  readonly batchBytes: number;
  /** How long records are gathered for it. Milliseconds. */
  readonly windowMs: number;
  /** How often a batch is tried again; Infinity: as long as the stream has it. */
  readonly maxRetries: number;
  /** Older records are given up. Milliseconds. */
  readonly maxRecordAgeMs: number;
  /** A batch that fails is cut in two, which counts as no retry. */
  readonly bisect: boolean;
  /** The function says from which record on it has failed. */
  readonly reportsFailures: boolean;
}

/** Lambda's (developer guide, "Lambda parameters for Amazon Kinesis Data Streams event source mappings"). */
export const LAMBDA_DEFAULTS: MappingSettings = {
  batchSize: 100,
  batchBytes: 6_000_000,
  windowMs: 0,
  maxRetries: Number.POSITIVE_INFINITY,
  maxRecordAgeMs: Number.POSITIVE_INFINITY,
  bisect: false,
  reportsFailures: false,
};
