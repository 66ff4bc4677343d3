import type { Roles } from "./roles.ts";
import { filled, listing, type SourceColumn, type SourceTable } from "./source-table.ts";

/** The device's id, as a contract says it: a column, or a template with what the source tells of it. */
export function deviceIdOf(
  table: SourceTable,
  { device, measure, isLong }: Roles,
  unsure: string[],
): Record<string, string> {
  const isSeveral = !isLong || table.members.length > 0;
  const base = device === null ? table.device.template : (placed(device) ?? table.device.template);
  if (device !== null && placed(device) !== null) tellBlanks(device, unsure);
  else if (table.device.because !== "") {
    const id = isSeveral ? `${base}.{measure}` : base;
    unsure.push(
      `No column names the device: ${table.device.because}, which makes the id ${JSON.stringify(id)}. State reading.device_id.`,
    );
  }
  if (isSeveral) return { template: `${base}.{measure}` };
  const second = measure === null ? null : placed(measure);
  if (measure !== null && second === null) {
    unsure.push(
      `${JSON.stringify(measure.name)} names the measure of each row, and no template can have a column of this name: one device has several measures. Rename the column.`,
    );
  }
  if (second !== null) return { template: `${base}.${second}` };
  return device === null || placed(device) === null ? { template: base } : { column: device.name };
}

/** A column as a placeholder; null for a name that a template has for something else, or cannot have. */
function placed({ name }: SourceColumn): string | null {
  const isTaken = name === "measure" || name === "file" || name.startsWith("folder:");
  return isTaken || /[{}]/.test(name) ? null : `{${name}}`;
}

function tellBlanks(device: SourceColumn, unsure: string[]): void {
  const blank = filled(device).find((cell) => /\s/.test(cell));
  if (blank === undefined) return;
  unsure.push(
    `Ids of devices have blanks (${listing([blank])}) and keep them. For others add "replace": { " ": "-" } to reading.device_id.`,
  );
}
