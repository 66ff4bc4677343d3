interface LegendProps {
  /** What stands for readings: `● reading`. */
  readonly readings: string;
  readonly anomalies: string;
  readonly hasDetections: boolean;
}

/** What the marks of a picture are, and who says so. */
export function Legend({ readings, anomalies, hasDetections }: LegendProps) {
  return (
    <p class="legend">
      <span class="key key-in">{readings}</span>
      <span class="key key-anomalies">▲ {anomalies}, by the score that it came with</span>
      {hasDetections && (
        <span class="key key-detections">
          ◇ detection, by the device's own past; + what was expected, in the bar of what was usual
        </span>
      )}
    </p>
  );
}
