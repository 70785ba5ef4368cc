/*
 * How often somebody may try. Counted in the database: for all processes together, also over a restart.
 */
import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import limiter from '@adonisjs/limiter/services/main'
import { Problem } from '#http/problem'

const byPerson = limiter.use('attempts', { requests: 10, duration: '15 minutes' })
/** A whole office may be behind one address. */
const byAddress = limiter.use('attempts', { requests: 100, duration: '15 minutes' })
const signUps = limiter.use('attempts', { requests: 1_000, duration: '1 hour' })

export class LogInAttempts {
  readonly #person: string
  readonly #address: string

  /** @param address - of the client; of an IPv6 address its network counts */
  constructor(email: string, address: string) {
    this.#address = key('log-in', networkOf(address))
    this.#person = key('log-in', networkOf(address), email.toLowerCase())
  }

  /** @throws Problem 429 `too_many_attempts` after so many wrong passwords that no further one is looked at */
  async mayTry() {
    const counts = await Promise.all([byPerson.get(this.#person), byAddress.get(this.#address)])
    for (const count of counts) {
      if (count && count.consumed >= count.limit) throw tooManyAttempts(count.availableIn)
    }
  }

  /** @throws Problem 429 `too_many_attempts` when others failed while this one was being looked at */
  async failed() {
    const counts = await Promise.all([
      byPerson.increment(this.#person),
      byAddress.increment(this.#address),
    ])
    for (const { consumed, limit, availableIn } of counts) {
      if (consumed > limit) throw tooManyAttempts(availableIn)
    }
  }

  /** The right password begins anew; not for the address, where an account of one's own would be a way round. */
  async succeeded() {
    await byPerson.delete(this.#person)
  }
}

/** @throws Problem 429 `too_many_sign_ups` */
export async function countSignUp(address: string) {
  const { consumed, limit, availableIn } = await signUps.increment(
    key('sign-up', networkOf(address))
  )
  if (consumed <= limit) return
  throw new Problem(
    429,
    'too_many_sign_ups',
    `Too many accounts were asked for from your address. Try again in ${minutes(availableIn)}.`,
    { headers: { 'Retry-After': String(availableIn) } }
  )
}

function tooManyAttempts(seconds: number) {
  return new Problem(
    429,
    'too_many_attempts',
    `Too many wrong passwords. Try again in ${minutes(seconds)}.`,
    { headers: { 'Retry-After': String(seconds) } }
  )
}

function minutes(seconds: number) {
  return seconds <= 60 ? 'a minute' : `${Math.ceil(seconds / 60)} minutes`
}

/** Who tries is nobody's business, and an e-mail may be longer than a key. */
function key(...parts: string[]) {
  return createHash('sha256').update(parts.join(' ')).digest('base64url')
}

/** Whoever has one IPv6 address has 2^64 of them: the first half is the network. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)
  if (mapped) return mapped[1]
  if (!isIPv6(address)) return address
  const [head, tail = []] = address.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  const network = [...head, ...zeros, ...tail].slice(0, 4)
  return network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}
