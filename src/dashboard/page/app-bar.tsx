import { useState } from "preact/hooks";
import { Name } from "./parts/text.tsx";
import { OVERVIEW } from "./route.ts";
import { applyTheme, recallTheme, remember, THEMES, type Theme } from "./settings.ts";

export function AppBar({ lake }: { readonly lake: string | null }) {
  return (
    <header class="app-bar">
      {/* biome-ignore lint/a11y/useValidAnchor: a skip link; the address itself holds the page */}
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById("main")?.focus();
        }}
      >
        Skip to the lake's state
      </a>
      <a class="brand" href={OVERVIEW}>
        <Layers />
        vantageflow
      </a>
      {lake !== null && (
        <p class="lake">
          <span class="muted">lake</span> <Name text={lake} />
        </p>
      )}
      <ThemeSwitch />
    </header>
  );
}

function Layers() {
  return (
    <svg class="logo" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path class="logo-bronze" d="M2 4.5h16" />
      <path class="logo-silver" d="M4.5 10h11" />
      <path class="logo-gold" d="M7 15.5h6" />
    </svg>
  );
}

function ThemeSwitch() {
  const [theme, setTheme] = useState(recallTheme);
  const choose = (chosen: Theme) => {
    setTheme(chosen);
    applyTheme(chosen);
    remember("theme", chosen);
  };
  return (
    <label class="choice theme">
      <span class="theme-word">Theme</span>
      <select value={theme} onChange={(event) => choose(event.currentTarget.value as Theme)}>
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}
