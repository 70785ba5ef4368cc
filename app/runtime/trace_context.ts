/*
 * W3C trace context (https://www.w3.org/TR/trace-context/): one id for a request and its consequences. It is passed on as
 * `traceparent` in the headers of requests and messages, and in the rows of pending mails. `tracestate`, which is
 * vendor-specific, is not passed on.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'

/** Later versions may add fields. `ff` and ids of zeros are invalid. */
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:$|-)/

const current = new AsyncLocalStorage<string>()

/** Runs the work, including everything that it awaits, in a trace. */
export function inTrace<T>(traceparent: string | null | undefined, work: () => T): T {
  return traceparent ? current.run(traceparent, work) : work()
}

export function currentTrace(): string | undefined {
  return current.getStore()
}

/** A new span of the given trace, or of a new one if it is missing or invalid. */
export function continued(traceparent?: string): string {
  const [, trace = randomId(), flags = '01'] = TRACEPARENT.exec(traceparent ?? '') ?? []
  return `00-${trace}-${randomId().slice(0, 16)}-${flags}`
}

/** 32 hexadecimal digits, not only zeros. A UUID, because Node.js prepares their random bits in batches. */
function randomId() {
  return randomUUID().replaceAll('-', '')
}

/** Headers of a message that another one causes. */
export function because({ headers: { traceparent } }: { headers: Record<string, string> }) {
  return { headers: { traceparent: continued(traceparent) } }
}

/** The trace id for log lines; undefined without a trace. */
export function traceId(traceparent = currentTrace()): string | undefined {
  return TRACEPARENT.exec(traceparent ?? '')?.[1]
}
