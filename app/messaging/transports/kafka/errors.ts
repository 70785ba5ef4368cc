/*
 * Maps errors of kafkajs to those of the port.
 */
import { MessageRefused, TransportUnavailable } from '../transport.ts'

/** Errors of kafkajs for a broker that does not respond. */
const NO_RESPONSE = /^KafkaJS(Connection|RequestTimeout|BrokerNotFound|GroupCoordinatorNotFound)/

const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
const REFUSED = new Set(['INVALID_RECORD', 'UNSUPPORTED_FOR_MESSAGE_FORMAT', 'INVALID_TIMESTAMP'])

/** @throws TransportUnavailable in place of any error of kafkajs */
export async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!/^KafkaJS/.test((error as Error).name)) throw error
    throw new TransportUnavailable(rootCause(error).message, { cause: error })
  }
}

/** @throws MessageRefused in place of an error after which the broker never accepts the records */
export async function orRefused<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    const { type = '', message } = rootCause(error)
    if (TOO_LARGE.has(type)) {
      throw new MessageRefused(`the broker does not accept a message of this size (${type})`)
    }
    if (REFUSED.has(type)) throw new MessageRefused(`${message} (${type})`)
    throw error
  }
}

export function isNoResponse(error: unknown): boolean {
  return NO_RESPONSE.test(rootCause(error).name)
}

/** The broker's own error, which kafkajs wraps, sometimes twice. */
export function rootCause(error: unknown): { type?: string; name: string; message: string } {
  let cause = error as Error & { type?: string; originalError?: unknown }
  for (let depth = 0; depth < 5 && !cause.type; depth++) {
    const next = cause.originalError ?? cause.cause
    if (!next) break
    cause = next as typeof cause
  }
  const { type, name, message } = cause
  return { type, name, message: message || (error as Error).message }
}
