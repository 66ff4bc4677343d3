import { count } from "../format.ts";

interface PagerProps {
  readonly what: string;
  readonly offset: number;
  readonly shown: number;
  readonly total: number;
  readonly limit: number;
  readonly onMove: (offset: number) => void;
}

/** Which part of the whole is shown, and the way to the rest. */
export function Pager({ what, offset, shown, total, limit, onMove }: PagerProps) {
  const isAll = offset === 0 && shown === total;
  const part = offset === 0 ? count(shown) : `${count(offset + 1)}–${count(offset + shown)}`;
  return (
    <div class="pager">
      <p role="status">{isAll ? `all ${count(total)} ${what}` : `showing ${part} of ${count(total)} ${what}`}</p>
      {!isAll && (
        <div class="buttons">
          <button type="button" disabled={offset === 0} onClick={() => onMove(Math.max(0, offset - limit))}>
            Previous
          </button>
          <button type="button" disabled={offset + shown >= total} onClick={() => onMove(offset + limit)}>
            Next
          </button>
        </div>
      )}
    </div>
  );
}
