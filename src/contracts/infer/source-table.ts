/** A column of a source, or a place in its JSON, with what the rows of the sample have there. */
export interface SourceColumn {
  /** As a contract names it. */
  readonly name: string;
  /** What it is called: in JSON the last name of its path. */
  readonly label: string;
  /** By row, without blanks around; "" where there is nothing. */
  readonly cells: readonly string[];
  /** What its measure should be called; null where its name says it. */
  readonly called: string | null;
  /** Its unit by the row of units or by what stands beside it; "" where nothing does. */
  readonly unit: string;
  /** It can be no measure, whatever is in it. */
  readonly isAside: boolean;
  /** Digits in it are a text: an id of JSON. */
  readonly isText: boolean;
}

/** What is known of a source beside its columns. */
export interface SourceTable {
  readonly kind: "csv" | "json";
  readonly columns: readonly SourceColumn[];
  /** What parts the cells; "" in JSON. */
  readonly delimiter: string;
  /** The file has a row of units. */
  readonly hasUnitsRow: boolean;
  /** The columns have names in the file. */
  readonly hasHeader: boolean;
  /** What a template has for the device where no column does, and why; "" where nothing is unsure of it. */
  readonly device: { readonly template: string; readonly because: string };
  /** Texts above the rows. */
  readonly above: readonly string[];
  /** The names of measures, where the members of a JSON document are they. */
  readonly members: readonly string[];
}

/** Cells that say something. */
export function filled(column: Pick<SourceColumn, "cells">): string[] {
  return column.cells.filter((cell) => cell !== "");
}

/** Names in a sentence: the first of them, and how many more there are. */
export function listing(names: readonly string[], most = 6): string {
  const shown = names.slice(0, most).map((name) => JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name));
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
