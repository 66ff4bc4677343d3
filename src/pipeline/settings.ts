/** What a run may vary. Complete and frozen: see `config.ts` for how a caller says it. */
export interface PipelineSettings {
  /** A reading whose score is above it is an anomaly. 0 to 1. */
  readonly anomalyThreshold: number;
  /** The longest row, in bytes without its line end; a longer one refuses its file. */
  readonly maxRowBytes: number;
  /** Bytes read at once. No output depends on it. */
  readonly chunkBytes: number;
}

export const DEFAULT_SETTINGS: PipelineSettings = Object.freeze({
  anomalyThreshold: 0.5,
  maxRowBytes: 1024 * 1024,
  chunkBytes: 256 * 1024,
});
