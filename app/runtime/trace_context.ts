/*
 * W3C trace context (https://www.w3.org/TR/trace-context/): one id for a request and all that it leads
 * to. It travels as `traceparent` in the headers of requests and messages, and beside each mail that
 * waits. `tracestate` is not passed on: it is other vendors' own.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

/** A later version may say more after these fields. `ff`, and ids of zeros, are none. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:$|-)/

const current = new AsyncLocalStorage<string>()

/** Does the work, and all that it waits for, in a trace. */
export function inTrace<T>(traceparent: string | null | undefined, work: () => T): T {
  return traceparent ? current.run(traceparent, work) : work()
}

export function currentTrace(): string | undefined {
  return current.getStore()
}

/** The next step of the given trace; the first of a new one when there is none that can be read. */
export function continued(traceparent?: string): string {
  const [, trace, flags] = TRACEPARENT.exec(traceparent ?? '') ?? []
  const random = randomBytes(24).toString('hex')
  return `00-${trace ?? random.slice(16)}-${random.slice(0, 16)}-${flags ?? '01'}`
}

/** Headers of a message that is said because of another one. */
export function because({ headers: { traceparent } }: { headers: Record<string, string> }) {
  return { headers: { traceparent: continued(traceparent) } }
}

/** What a line of the log is found by; undefined where there is no trace. */
export function traceId(traceparent = currentTrace()): string | undefined {
  return TRACEPARENT.exec(traceparent ?? '')?.[1]
}
