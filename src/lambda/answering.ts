import { setTimeout as after } from "node:timers/promises";
import { errorDocument } from "../api/answers.ts";
import type { Log } from "../functions/log.ts";
import { noteLine, type Speaker } from "../functions/log.ts";
import { answerOf, type HttpAnswer, requestOf } from "./http-event.ts";

export interface AnsweringOptions {
  /** The API as an app. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** API Gateway waits no longer than 30 s and then says nothing of use. Milliseconds. */
  readonly patienceMs: number;
  readonly speaker: Speaker;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const SLOW =
  "Cannot answer yet: the lake is being looked at, and that takes longer than a request may. It goes on with the next one: ask again in a minute.";

/**
 * Answers the events of an HTTP API. Every answer of 500 or more is told in the log: to Lambda it is no error. What takes
 * too long is answered 503 meanwhile, and goes on when the next request wakes this environment. Throws `usage` for what is
 * no such event.
 */
export function createAnswering({ fetch, patienceMs, speaker, log, now }: AnsweringOptions) {
  return async (event: unknown): Promise<HttpAnswer> => {
    const request = requestOf(event);
    const timer = new AbortController();
    const slow = after(patienceMs, null, { signal: timer.signal }).catch(() => null);
    const response = (await Promise.race([fetch(request), slow])) ?? tooSlow();
    timer.abort();
    const answer = await answerOf(response);
    if (answer.statusCode >= 500)
      log(noteLine(speaker, "ERROR", messageIn(answer.body), pathOfRequest(request), now()));
    return answer;
  };
}

function tooSlow(): Response {
  return Response.json(errorDocument("busy", SLOW), { status: 503, headers: { "Retry-After": "60" } });
}

/** Of an error's document. */
function messageIn(body: string): string {
  return JSON.parse(body || "{}").error?.message ?? "no answer";
}

function pathOfRequest({ url }: Request): string {
  return new URL(url).pathname;
}
