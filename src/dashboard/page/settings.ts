/** What this browser remembers. Storage may be switched off or full: then the page forgets, and works. */
export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`vantageflow.${name}`, value);
  } catch {
    // Forgotten at the next visit.
  }
}

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`vantageflow.${name}`);
  } catch {
    return null;
  }
}

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function recallTheme(): Theme {
  const theme = recall("theme");
  return THEMES.find((known) => known === theme) ?? "auto";
}

/** `auto` follows the system (styles/tokens.css). */
export function applyTheme(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
