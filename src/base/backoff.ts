/** Pace of retries. The number of retries is not limited; only their pace is. */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Full jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015):
 * a uniform wait in [0, min(max, first * 2^attempt)), so that a fleet does not stampede.
 * @param attempt failures so far, from 0
 * @param jitterBelow uniform integer in [0, n)
 */
export function backoffMs(
  policy: BackoffPolicy,
  attempt: number,
  jitterBelow: (limit: number) => number,
): number {
  return jitterBelow(Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(attempt, 30)));
}
