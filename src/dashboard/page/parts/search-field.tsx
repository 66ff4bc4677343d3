import { useEffect, useRef, useState } from "preact/hooks";

/** Typing is not asking: the server hears of it once the fingers rest. */
const REST_MS = 200;

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (typed: string) => {
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(typed), REST_MS);
  };
  return (
    <label class="search">
      <span class="hidden">{label}</span>
      <input
        type="search"
        value={text}
        placeholder={label}
        autocomplete="off"
        spellcheck={false}
        dir="auto"
        onInput={(event) => type(event.currentTarget.value)}
      />
    </label>
  );
}
