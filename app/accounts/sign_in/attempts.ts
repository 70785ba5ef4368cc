/*
 * Counts failed sign-ins, and sign-ups, in the database: for all processes together, and across restarts.
 *
 * Failures slow down further attempts but never reject them. Otherwise anyone could lock out the owner of an
 * account, or all clients behind the address of a proxy.
 */
import { createHash } from 'node:crypto'
import limiter from '@adonisjs/limiter/services/main'
import { networkOf } from '#http/client_network'
import { Problem } from '#http/problem'
import { Delays } from './delays.ts'
import { logInAttempts, logInAttemptsSlowed } from './metrics.ts'

const WINDOW = '15 minutes'
/** Failures of one account, from any address, before further attempts are slowed down. */
const ofAccount = limiter.use('attempts', { requests: 10, duration: WINDOW })
/** The same for one address, which a whole office may share. */
const ofAddress = limiter.use('attempts', { requests: 100, duration: WINDOW })
const signUps = limiter.use('attempts', { requests: 1_000, duration: '1 hour' })

/** Each failure beyond the limit doubles the delay, up to the maximum. */
const FIRST_DELAY_MS = 250
const LONGEST_DELAY_MS = 2_000

/** In this process. An attempt is rejected only if more than 500 arrive in a second. */
const delays = new Delays(1_000)

/** An attempt to sign in. */
export class LogInAttempt {
  /** Of the client: an address, or the network of an IPv6 address. */
  readonly network: string
  readonly #account: string
  readonly #address: string

  /** @param address - of the client */
  constructor(email: string, address: string) {
    this.network = networkOf(address)
    this.#account = key('log-in account', email.toLowerCase())
    this.#address = key('log-in', this.network)
  }

  /**
   * Counts the attempt as a failure until it succeeds, because concurrent attempts must not all pass before the
   * first one fails. Then waits for its delay, concurrently with other attempts.
   *
   * @throws Problem 429 `too_many_attempts`
   */
  async begin() {
    const [account, address] = await Promise.all([
      ofAccount.increment(this.#account),
      ofAddress.increment(this.#address),
    ])
    const delay = Math.max(delayOf(account), delayOf(address))
    if (delay === 0) return
    logInAttemptsSlowed.inc()
    if (!(await delays.wait(delay))) throw tooManyAttempts()
  }

  failed() {
    logInAttempts.inc({ outcome: 'failed' })
  }

  /** Resets the failures of the account, but not those of the address, which may belong to other accounts. */
  async succeeded() {
    logInAttempts.inc({ outcome: 'succeeded' })
    await Promise.all([ofAccount.delete(this.#account), ofAddress.decrement(this.#address)])
  }
}

/** @param consumed - attempts in the window, including this one */
function delayOf({ consumed, limit }: { consumed: number; limit: number }) {
  const beyond = consumed - 1 - limit
  return beyond < 0 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** beyond)
}

/** @throws Problem 429 `too_many_sign_ups` */
export async function countSignUp(address: string) {
  const { consumed, limit, availableIn } = await signUps.increment(
    key('sign-up', networkOf(address))
  )
  if (consumed <= limit) return
  throw new Problem(
    'too_many_sign_ups',
    `Too many sign-ups from your address. Retry after ${minutes(availableIn)}.`,
    { headers: { 'Retry-After': String(availableIn) } }
  )
}

/** For an attempt whose password was not checked. */
export function tooManyAttempts() {
  logInAttempts.inc({ outcome: 'rejected' })
  return new Problem(
    'too_many_attempts',
    'Too many sign-in attempts at once, and this one was not checked. Retry after 2 seconds, one at a time.',
    { headers: { 'Retry-After': '2' } }
  )
}

function minutes(seconds: number) {
  return seconds <= 60 ? 'a minute' : `${Math.ceil(seconds / 60)} minutes`
}

/** A digest, because rows must not show who tries, and an e-mail address may exceed the key length. */
function key(...parts: string[]) {
  return createHash('sha256').update(parts.join(' ')).digest('base64url')
}
