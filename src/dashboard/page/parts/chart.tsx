import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** What Observable Plot returns: its `value` is the datum under the pointer. */
export type Drawing = (SVGSVGElement | HTMLElement) & { value?: unknown };

interface ChartProps {
  /** What is drawn and what it comes to, in words: the picture for who does not see it. */
  readonly label: string;
  /** Drawn again when this changes, or the width. */
  readonly data: unknown;
  readonly draw: (width: number) => Drawing;
  /** A click on what is under the pointer. The same is a link in the table behind the picture. */
  readonly onPick?: (datum: unknown) => void;
}

/**
 * A picture by Observable Plot. Its style element would be blocked by the content security policy and is taken out: the rules are
 * in styles/chart.css.
 */
export function Chart({ label, data, draw, onPick }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host);
  const content = JSON.stringify(data);
  useLayoutEffect(() => {
    if (host.current === null || width === 0) return;
    const drawing = draw(width);
    for (const style of drawing.querySelectorAll("style")) style.remove();
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", label);
    if (onPick !== undefined) {
      drawing.addEventListener("click", () => drawing.value != null && onPick(drawing.value));
      drawing.addEventListener("input", () => drawing.classList.toggle("is-pickable", drawing.value != null));
    }
    host.current.replaceChildren(drawing);
  }, [content, label, width]);
  return <div class="chart" ref={host} />;
}

function useWidth(host: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (host.current === null) return;
    setWidth(Math.floor(host.current.clientWidth));
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(host.current);
    return () => observer.disconnect();
  }, [host]);
  return width;
}

/** The numbers behind a picture; drawn while somebody looks at them. */
export function Numbers({ children }: { readonly children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="numbers" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Show as a table</summary>
      {isOpen && children}
    </details>
  );
}
