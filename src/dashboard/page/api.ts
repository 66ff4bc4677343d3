import { useEffect, useRef, useState } from "preact/hooks";

/** What the data API answered: nothing yet, something (with `error` when it could not be renewed), or why not. */
export interface Answer<T> {
  readonly data: T | null;
  readonly error: ApiError | null;
  readonly isLoading: boolean;
}

export interface ApiError {
  readonly code: string;
  readonly message: string;
}

/** The last answers, so that a page that is come back to is there at once. */
const answered = new Map<string, unknown>();
const MOST_ANSWERS = 30;

function keep(path: string, data: unknown): void {
  answered.delete(path);
  answered.set(path, data);
  for (const oldest of answered.keys()) {
    if (answered.size <= MOST_ANSWERS) break;
    answered.delete(oldest);
  }
}

/** One question, asked again and again. */
interface Asking {
  /** Asks; where an answer is still to come, once more after it. */
  renew(): void;
  /** What comes from now on is dropped. */
  stop(): void;
}

/**
 * Never two requests at once, and none is given up for a newer one: an answer that takes longer than the time between two
 * looks at the lake would never come.
 */
export function createAsking<T>(
  question: (signal: AbortSignal) => Promise<T>,
  tell: (change: (before: Answer<T>) => Answer<T>) => void,
): Asking {
  const stopping = new AbortController();
  let isAsking = false;
  let again = false;

  async function askUntilNew(): Promise<void> {
    isAsking = true;
    do {
      again = false;
      tell((before) => ({ ...before, isLoading: true }));
      const answer = await question(stopping.signal).then(
        (data) => () => ({ data, error: null, isLoading: false }),
        (error: ApiError) => (before: Answer<T>) => ({ data: before.data, error, isLoading: false }),
      );
      if (stopping.signal.aborted) return;
      tell(answer);
    } while (again);
    isAsking = false;
  }

  return {
    renew() {
      again = true;
      if (!isAsking) void askUntilNew();
    },
    stop: () => stopping.abort(),
  };
}

/**
 * Asks for `path` again whenever it or `stamp` changes; for null nothing is asked. What was there stays until the new answer is:
 * nothing flickers.
 */
export function useApi<T>(path: string | null, stamp: string | number | null): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>(() => {
    const known = path === null ? undefined : (answered.get(path) as T | undefined);
    return { data: known ?? null, error: null, isLoading: path !== null };
  });
  const asking = useRef<Asking>(undefined);
  useEffect(() => {
    if (path === null) return;
    const question = async (signal: AbortSignal) => {
      const data = await ask<T>(path, signal);
      keep(path, data);
      return data;
    };
    const current = createAsking(question, setAnswer);
    asking.current = current;
    return current.stop;
  }, [path]);
  useEffect(() => asking.current?.renew(), [path, stamp]);
  return answer;
}

async function ask<T>(path: string, signal: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { signal, cache: "no-store" });
  } catch {
    throw { code: "unreachable", message: "The server does not answer. Is vantageflow dashboard still running?" };
  }
  if (response.ok) return response.json();
  const body: { error?: ApiError } | null = await response.json().catch(() => null);
  throw body?.error ?? { code: String(response.status), message: `The server answered ${response.status}.` };
}

/** A path with those parameters that are given. */
export function withQuery(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? path : `${path}?${text}`;
}
