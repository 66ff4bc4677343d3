import type { ComponentChildren } from "preact";
import type { ApiError } from "../api.ts";
import { FailureNotice, Loading } from "../parts/panel.tsx";
import { OVERVIEW } from "../route.ts";

interface DetailPageProps<T> {
  /** `Batch`, `Device`. */
  readonly kind: string;
  readonly name: ComponentChildren;
  readonly data: T | null;
  readonly error: ApiError | null;
  readonly children: (data: T) => ComponentChildren;
}

/** The page of one thing: its name, the way back, and what is known of it, is not yet, or could not be asked. */
export function DetailPage<T>({ kind, name, data, error, children }: DetailPageProps<T>) {
  return (
    <>
      <header class="page-head">
        <a class="back" href={OVERVIEW}>
          ← Lake
        </a>
        <h1 tabIndex={-1}>
          <span class="muted">{kind}</span> {name}
        </h1>
      </header>
      {error !== null && <FailureNotice error={error} isOld={data !== null} />}
      {data === null && error === null && <Loading what={`the ${kind.toLowerCase()}`} />}
      {data !== null && children(data)}
    </>
  );
}
