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
  const content = JSON.stringify(data);
  // Drawn before the browser paints, so that what is below never jumps.
  useLayoutEffect(() => {
    const box = host.current as HTMLDivElement;
    let drawn = 0;
    const redraw = () => {
      const width = Math.floor(box.clientWidth);
      if (width === drawn || width === 0) return;
      drawn = width;
      box.replaceChildren(finish(draw(width), label, onPick));
    };
    redraw();
    const observer = new ResizeObserver(redraw);
    observer.observe(box);
    return () => observer.disconnect();
  }, [content, label]);
  return <div class="chart" ref={host} />;
}

function finish(drawing: Drawing, label: string, onPick: ChartProps["onPick"]): Drawing {
  for (const style of drawing.querySelectorAll("style")) style.remove();
  // Parts of a picture have no names of their own (ARIA 1.2, role img: children presentational).
  for (const part of drawing.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", label);
  if (onPick !== undefined) {
    drawing.addEventListener("click", () => drawing.value != null && onPick(drawing.value));
    drawing.addEventListener("input", () => drawing.classList.toggle("is-pickable", drawing.value != null));
  }
  return drawing;
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
