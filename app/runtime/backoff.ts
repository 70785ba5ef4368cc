/**
 * Exponential backoff with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * @returns milliseconds before try `attempt` + 1, for `attempt` from 1
 */
export function backoff(attempt: number, { first = 20, most = 2_000 } = {}): number {
  const ceiling = Math.min(most, first * 2 ** Math.min(attempt, 20))
  return Math.ceil(ceiling / 2 + (Math.random() * ceiling) / 2)
}
