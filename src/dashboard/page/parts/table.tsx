import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";

export interface Column<Row, Sort extends string = string> {
  readonly id: Sort;
  readonly label: string;
  /** Right-aligned, in digits of one width. */
  readonly isNumber?: boolean;
  /** Takes what width is left, and cuts its text off. */
  readonly isWide?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

interface Sorting<Sort extends string> {
  readonly by: Sort;
  readonly order: "asc" | "desc";
  readonly onSort: (by: Sort) => void;
}

interface TableProps<Row, Sort extends string> {
  readonly caption: string;
  readonly columns: readonly Column<Row, Sort>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row, index: number) => string;
  readonly sorting?: Sorting<Sort>;
  readonly isBusy?: boolean;
  readonly rowClass?: (row: Row) => string | undefined;
}

/**
 * A table in a box of its own, which scrolls where the page must not. Its rows are keyed: an update changes cells, and neither
 * scroll nor focus.
 */
export function Table<Row, Sort extends string>(props: TableProps<Row, Sort>) {
  const { caption, columns, rows, rowKey, sorting, isBusy = false, rowClass } = props;
  // Where the rows are the same, so is what is drawn of them: an update of the lake draws this more often than it changes.
  const body = useMemo(
    () =>
      rows.map((row, index) => (
        <tr key={rowKey(row, index)} class={rowClass?.(row)}>
          {columns.map(({ id, cell, ...column }) => (
            <td key={id} class={classOf(column)}>
              {cell(row)}
            </td>
          ))}
        </tr>
      )),
    [rows, columns],
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section class="scroll" tabIndex={0} aria-label={`${caption}, table`}>
      <table aria-busy={isBusy}>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Header key={column.id} column={column} sorting={sorting} />
            ))}
          </tr>
        </thead>
        <tbody>{body}</tbody>
      </table>
    </section>
  );
}

interface HeaderProps<Row, Sort extends string> {
  readonly column: Column<Row, Sort>;
  readonly sorting: Sorting<Sort> | undefined;
}

function Header<Row, Sort extends string>({ column, sorting }: HeaderProps<Row, Sort>) {
  const { id, label } = column;
  if (sorting === undefined) {
    return (
      <th scope="col" class={classOf(column)}>
        {label}
      </th>
    );
  }
  const isSorted = sorting.by === id;
  const arrow = sorting.order === "asc" ? "▲" : "▼";
  return (
    <th
      scope="col"
      class={classOf(column)}
      aria-sort={isSorted ? (sorting.order === "asc" ? "ascending" : "descending") : "none"}
    >
      <button type="button" class="sort" onClick={() => sorting.onSort(id)}>
        {label}
        <span class="sort-arrow" aria-hidden="true">
          {isSorted ? arrow : "↕"}
        </span>
      </button>
    </th>
  );
}

function classOf({ isNumber, isWide }: { readonly isNumber?: boolean; readonly isWide?: boolean }): string | undefined {
  return isNumber ? "number" : isWide ? "wide" : undefined;
}
