import { useState } from "preact/hooks";
import { escapeTerminal } from "../../../escape.ts";
import { useTicking } from "../clock.ts";
import { localTime, reading, shortTime, span, utcTime } from "../format.ts";
import { batchHash, deviceHash } from "../route.ts";

/**
 * Untrusted text: a text node in an element that keeps its direction to itself. What is not seen, or reorders what is, is
 * written out as on a terminal, so that no text looks like another.
 */
export function Untrusted({ text }: { readonly text: string }) {
  return <bdi>{escapeTerminal(text)}</bdi>;
}

/** The same, cut off by the layout and whole in the tooltip. */
export function CutOff({ text, class: className }: { readonly text: string; readonly class: string }) {
  const shown = escapeTerminal(text);
  return (
    <bdi class={className} title={shown}>
      {shown}
    </bdi>
  );
}

export function Name({ text }: { readonly text: string }) {
  return <CutOff class="name" text={text} />;
}

export function DeviceLink({ id }: { readonly id: string }) {
  return (
    <a class="name-link" href={deviceHash(id)}>
      <Name text={id} />
    </a>
  );
}

export function BatchLink({ name }: { readonly name: string }) {
  return (
    <a class="name-link mono" href={batchHash(name)}>
      <Name text={name} />
    </a>
  );
}

/** A moment in the viewer's zone; UTC, as the records have it, in the tooltip. */
export function Time({ iso }: { readonly iso: string }) {
  const shown = useTicking((now) => shortTime(new Date(iso), new Date(now)));
  return (
    <time dateTime={iso} title={utcTime(iso)}>
      {shown}
    </time>
  );
}

/** How long ago. */
export function Ago({ iso }: { readonly iso: string }) {
  const shown = useTicking((now) => span((now - Date.parse(iso)) / 1000));
  return (
    <time dateTime={iso} title={`${localTime(new Date(iso))} (${utcTime(iso)})`}>
      {shown} ago
    </time>
  );
}

/** A measured value; all of its digits are in the tooltip. */
export function Value({ of: value }: { readonly of: number }) {
  return <span title={String(value)}>{reading(value)}</span>;
}

/** What to type next. */
export function Command({ line }: { readonly line: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(line);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch {
      // No permission: the line can be selected by hand.
    }
  };
  return (
    <span class="command">
      <code>
        <bdi>{line}</bdi>
      </code>
      <button type="button" class="copy" onClick={copy} aria-label={`Copy: ${line}`}>
        {isCopied ? "Copied" : "Copy"}
      </button>
    </span>
  );
}
