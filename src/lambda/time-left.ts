/** As much as is asked of what Lambda tells of an invocation. */
export interface TimedInvocation {
  readonly getRemainingTimeInMillis?: () => number;
}

/** Says, from now on, whether no more than this share of the time of an invocation is left. */
export function stoppedWith(share: number, invocation: TimedInvocation): () => boolean {
  const left = () => invocation.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
  const kept = left() * share;
  return () => left() < kept;
}
