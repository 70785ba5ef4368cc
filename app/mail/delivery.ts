/*
 * The outcome of a delivery attempt, and what happens to the mail next. Pure functions.
 */
import { backoff } from '#runtime/backoff'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** Maximum number of complete copies without a confirmation. */
export const MAX_COPIES = 3
/** Maximum number of attempts that are refused with 5xx. */
const MAX_REFUSALS = 2
const GIVE_UP_AFTER_MS = 24 * HOUR_MS
const TRANSIENT_BACKOFF = { first: 1_000, most: 10 * MINUTE_MS }
const AFTER_REFUSAL_MS = 10 * MINUTE_MS
/** After the first copy that was not confirmed, and after the second. */
const AFTER_COPY_MS = [10 * MINUTE_MS, 2 * HOUR_MS]

const UNCONFIRMED = 'the server took the message but never confirmed it; it may have arrived'

/**
 * - `unconfirmed`: the whole message was sent, and no reply came. It may have arrived.
 * - `refused`: 5xx for the recipient or the message. Other mails are not affected.
 * - `invalid`: no recipient, or an invalid address. The mail is never sent.
 * - `misconfigured`: 5xx before the recipient. Every mail is affected.
 * - `disconnected`: no connection for the mail, or 421 to MAIL FROM or before, for example because there are too many
 *   connections. Every mail is affected.
 * - `transient`: another 4xx, a connection that broke during the mail, or an internal error.
 */
export interface Outcome {
  kind: 'unconfirmed' | 'refused' | 'invalid' | 'misconfigured' | 'disconnected' | 'transient'
  /** For operators: the step, the server's reply and, for a wrong setting, the remedy. */
  reason: string
}

/** The attempts of a mail, when one has failed. */
export interface MailHistory {
  /** Delivery attempts, including this one. */
  attempts: number
  /** Complete copies without a confirmation, without this attempt. */
  unconfirmed: number
  /** Refusals with 5xx, without this attempt. */
  refusals: number
  /** Milliseconds since the mail was queued. */
  age: number
}

/** The new state of the mail. */
export interface Decision {
  status: 'pending' | 'given_up'
  /** Milliseconds until the next attempt. */
  retryIn: number
  unconfirmed: number
  refusals: number
  reason: string
}

/** An error of nodemailer. */
interface SmtpError {
  message: string
  code?: unknown
  /** The step, such as `RCPT TO`; `CONN` for the greeting and for connection errors. */
  command?: unknown
  response?: unknown
  /** Status code of the server's reply; absent without one. */
  responseCode?: unknown
  /** Whether the connection was ready for the mail. */
  connected?: boolean
}

/**
 * @param error - of the transport
 * @param wholeMessageSent - whether the last line of the message may have reached the server
 */
export function outcomeOf(error: unknown, wholeMessageSent: boolean): Outcome {
  const { message, code, command, responseCode } = error as SmtpError
  const step = String(command ?? '')
  const reply = Number(responseCode) || 0
  if (wholeMessageSent && reply < 400) {
    return { kind: 'unconfirmed', reason: `${UNCONFIRMED} (${message})` }
  }
  if (/^(RCPT TO|DATA)$/.test(step) && reply >= 500) {
    return { kind: 'refused', reason: `the server refused ${step}: ${replyOf(error)}` }
  }
  if (code === 'EENVELOPE' && step === 'API' && /recipient/i.test(message)) {
    return { kind: 'invalid', reason: `the mail cannot be addressed: ${message}` }
  }
  const wrong = wrongSetting(error as SmtpError, step, reply)
  if (wrong) return { kind: 'misconfigured', reason: wrong }
  return {
    kind: isDisconnected(error as SmtpError) ? 'disconnected' : 'transient',
    reason: message,
  }
}

/** A mail at which the server always hangs up must not count as a failure of the server: it would be sent forever. */
function isDisconnected({ command, responseCode, connected }: SmtpError) {
  if (responseCode === 421) return !/^(RCPT TO|DATA)$/.test(String(command))
  return command === 'CONN' && !connected
}

/** Decides what happens to a mail after a failed attempt. */
export function decide({ kind, reason }: Outcome, mail: MailHistory): Decision {
  const { attempts, unconfirmed, refusals } = mail
  if (kind === 'unconfirmed') {
    const copies = unconfirmed + 1
    const status = copies < MAX_COPIES ? 'pending' : 'given_up'
    return { status, retryIn: waitAfterCopy(copies), unconfirmed: copies, refusals, reason }
  }
  if (kind === 'refused') {
    const status = refusals + 1 < MAX_REFUSALS ? 'pending' : 'given_up'
    return { status, retryIn: AFTER_REFUSAL_MS, unconfirmed, refusals: refusals + 1, reason }
  }
  if (kind === 'invalid') return { status: 'given_up', retryIn: 0, unconfirmed, refusals, reason }
  const givenUp = mail.age > GIVE_UP_AFTER_MS
  return {
    status: givenUp ? 'given_up' : 'pending',
    retryIn: backoff(attempts, TRANSIENT_BACKOFF),
    ...{ unconfirmed, refusals },
    // Tells an operator who re-sends the mail that a copy may have arrived.
    reason: givenUp && unconfirmed > 0 ? `${UNCONFIRMED}; last attempt: ${reason}` : reason,
  }
}

/** The same while the queue is paused: a refusal is the fault of the server, so it does not count. */
export function decideWhilePaused(outcome: Outcome, mail: MailHistory): Decision {
  if (outcome.kind !== 'refused') return decide(outcome, mail)
  const { unconfirmed, refusals } = mail
  const { reason } = outcome
  return { status: 'pending', retryIn: AFTER_REFUSAL_MS, unconfirmed, refusals, reason }
}

/** Gives up a mail whose last allowed copy was sent by a process that died; null for other mails. */
export function decideWithoutAttempt(unconfirmed: number, refusals: number): Decision | null {
  if (unconfirmed < MAX_COPIES) return null
  return { status: 'given_up', retryIn: 0, unconfirmed, refusals, reason: UNCONFIRMED }
}

/** @returns milliseconds until the next attempt after this many copies without a confirmation */
export function waitAfterCopy(copies: number): number {
  return AFTER_COPY_MS[Math.min(copies, AFTER_COPY_MS.length) - 1]
}

/** The failure that affects every mail, with its remedy; null for another one. */
function wrongSetting(error: SmtpError, step: string, reply: number): string | null {
  if (reply >= 400 && reply < 500) return null
  const refused = `${step}: ${replyOf(error)}`
  if (error.code === 'EAUTH') {
    return `the server refuses ${refused}. Check user and password in SMTP_URL`
  }
  if (step === 'STARTTLS' && reply >= 500) {
    return `SMTP_TLS is required, but the server refuses ${refused}. Neither password nor mail was sent. Use a port with STARTTLS or smtps:// in SMTP_URL; SMTP_TLS=opportunistic sends both without TLS`
  }
  if (error.code === 'ETLS' || /certificate|SSL routines/i.test(error.message)) {
    return `TLS with the server fails: ${replyOf(error)}. Check the port in SMTP_URL and the server's certificate; NODE_EXTRA_CA_CERTS names a file with further authorities`
  }
  if (error.code === 'EENVELOPE' && step === 'API') {
    return `the mail cannot be sent: ${error.message}. Check MAIL_FROM`
  }
  if (reply < 500) return null
  if (step === 'CONN') {
    return `the server refuses the connection with its greeting: ${replyOf(error)}. Check host and port in SMTP_URL, and whether the server accepts mail from this host`
  }
  if (/^(EHLO|HELO)$/.test(step)) {
    return `the server refuses ${refused}. Check with its operator whether it accepts mail from this host`
  }
  if (step === 'MAIL FROM') {
    return `the server refuses ${refused}. Check MAIL_FROM, and user and password in SMTP_URL`
  }
  return null
}

/** The reply of the server, or the message of the error without one. */
function replyOf(error: unknown): string {
  const { response, message } = error as SmtpError
  return typeof response === 'string' && response ? response : message
}
