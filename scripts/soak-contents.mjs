/** Seeded files for the soak: most are readings with all that may be odd about a row, some are refused as a whole. */
export function createContents(random) {
  const below = (limit) => Math.floor(random() * limit);
  const HEADER = "timestamp,device_id,value,unit,anomaly_score\n";
  const BAD = [
    () => "",
    () => "no header\n",
    () => `${HEADER}2025-01-01T00:00:00Z,"open,1,C,0.1\n`,
    () => "timestamp,device_id,value\n2025-01-01T00:00:00Z,A,1\n",
    () => Buffer.concat([Buffer.from(HEADER), Buffer.from([0xff, 0xfe, 0x0a])]),
  ];

  function row() {
    const time = new Date(1735689600000 + below(86_400_000)).toISOString();
    const score = (below(1000) / 1000).toString();
    const kind = below(40);
    if (kind === 0) return "\n";
    if (kind === 1) return `${time},D${below(30)},1_000,C,${score}\n`;
    if (kind === 2) return `${time},"D,${below(30)}",${below(1e6) / 1000},C,${score}\r\n`;
    return `${time},D${below(30)},${below(1e6) / 1000},C,${score}\n`;
  }

  return () => {
    const isBad = below(6) === 0;
    if (isBad) return { isBad, bytes: Buffer.from(BAD[below(BAD.length)]()) };
    const rows = Array.from({ length: below(below(20) === 0 ? 20_000 : 300) }, row);
    return { isBad, bytes: Buffer.from(HEADER + rows.join("")) };
  };
}
