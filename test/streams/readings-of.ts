/** The readings that rows of bronze are, without their numbers. */
export function readingsOf(rows: readonly string[]) {
  return rows.map((row) => {
    const cells = [...row.matchAll(/("(?:[^"]|"")*"|[^",]*)(?:,|$)/g)].map(([, cell]) =>
      cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
    );
    const [timestamp, device, value, unit, score] = cells;
    return { timestamp, device, value, unit, score };
  });
}
