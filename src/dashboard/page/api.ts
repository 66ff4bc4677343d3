import { useEffect, useState } from "preact/hooks";

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

/**
 * Asks for `path` again whenever it or `stamp` changes. What was there stays until the new answer is: nothing flickers, and an
 * answer that was overtaken is dropped.
 */
export function useApi<T>(path: string, stamp: string | number | null): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>(() => {
    return { data: (answered.get(path) as T | undefined) ?? null, error: null, isLoading: true };
  });
  useEffect(() => {
    const abort = new AbortController();
    setAnswer((before) => ({ ...before, isLoading: true }));
    ask<T>(path, abort.signal).then(
      (data) => {
        keep(path, data);
        setAnswer({ data, error: null, isLoading: false });
      },
      (error: ApiError) => {
        if (!abort.signal.aborted) setAnswer(({ data }) => ({ data, error, isLoading: false }));
      },
    );
    return () => abort.abort();
  }, [path, stamp]);
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
