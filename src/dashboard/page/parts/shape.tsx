/** A state as a shape, beside its colour and its word: nobody has to tell colours apart. */
export type Tone = "ok" | "warn" | "bad" | "none";

const OUTLINES: Record<Tone, preact.JSX.Element> = {
  ok: (
    <>
      <circle cx="8" cy="8" r="7" />
      <path class="shape-mark" d="M4.8 8.3l2.2 2.2 4.2-4.6" />
    </>
  ),
  warn: (
    <>
      <path d="M8 1 15.4 14.4H.6Z" />
      <path class="shape-mark" d="M8 6v3.4M8 11.8v.4" />
    </>
  ),
  bad: (
    <>
      <path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1Z" />
      <path class="shape-mark" d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" />
    </>
  ),
  none: <circle class="shape-hollow" cx="8" cy="8" r="6" />,
};

export function Shape({ tone, size = 16 }: { readonly tone: Tone; readonly size?: number }) {
  return (
    <svg
      class={`shape shape-${tone}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
    >
      {OUTLINES[tone]}
    </svg>
  );
}

/** The same for a place that holds text only: the title of the window. */
export const GLYPHS: Record<Tone, string> = { ok: "●", warn: "▲", bad: "✖", none: "○" };
