import { useLayoutEffect, useState } from "preact/hooks";

/** One timer for everything on the page that ages. */
const followers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function follow(listener: () => void): () => void {
  followers.add(listener);
  timer ??= setInterval(() => {
    for (const each of [...followers]) each();
  }, 1000);
  return () => {
    followers.delete(listener);
    if (followers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** What `read` makes of the present, every second. Drawn again only when that has changed. */
export function useTicking<T extends string | number | null>(read: (now: number) => T): T {
  const [, setShown] = useState<T>();
  useLayoutEffect(() => follow(() => setShown(() => read(Date.now()))));
  return read(Date.now());
}
