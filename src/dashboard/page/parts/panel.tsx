import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { ApiError } from "../api.ts";
import { Shape } from "./shape.tsx";
import { Untrusted } from "./text.tsx";

interface PanelProps {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Panel({ title, note, class: extra = "", children }: PanelProps) {
  const id = useId();
  return (
    <section class={`panel ${extra}`} aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && <p class="note">{note}</p>}
      </div>
      {children}
    </section>
  );
}

/** There is nothing to show, and that is no error. */
export function NoData({ children }: { readonly children: ComponentChildren }) {
  return <p class="no-data">{children}</p>;
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="no-data" role="status">
      Loading {what} …
    </p>
  );
}

/** It could not be found out: neither nothing nor zero. */
export function FailureNotice({ error, isOld = false }: { readonly error: ApiError; readonly isOld?: boolean }) {
  return (
    <div class="failure" role="alert">
      <Shape tone="bad" />
      <p>
        <Untrusted text={error.message} />
        {isOld && " What is shown is older."}
      </p>
    </div>
  );
}
