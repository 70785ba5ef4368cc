/*
 * What a delivery attempt came to, and what happens to the mail next. Pure functions.
 */
import { backoff } from '#runtime/backoff'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** The whole message is sent at most this often without a confirmation. */
export const MAX_COPIES = 3
/** A recipient or message that is refused with 5xx is tried this often. */
const MAX_REFUSALS = 2
const GIVE_UP_AFTER_MS = 24 * HOUR_MS
const TRANSIENT_BACKOFF = { first: 1_000, most: 10 * MINUTE_MS }
const AFTER_REFUSAL_MS = 10 * MINUTE_MS
/** After the first copy that was not confirmed, and after the second. */
const AFTER_COPY_MS = [10 * MINUTE_MS, 2 * HOUR_MS]

const UNCONFIRMED = 'the server took the message but never confirmed it; it may have arrived'

/**
 * - `unconfirmed`: the whole message was sent, and no reply came. It may have arrived.
 * - `refused`: 5xx to the recipient or the message. The server works; this mail does not.
 * - `invalid`: it has no recipient, or an address that no envelope can carry. No server will ever see it.
 * - `misconfigured`: 5xx before the recipient. It concerns every mail, not this one.
 * - `transient`: 4xx, a broken connection, a time-out, or an error of our own.
 */
export interface Outcome {
  kind: 'unconfirmed' | 'refused' | 'invalid' | 'misconfigured' | 'transient'
  /** For operators: the step, the server's reply and, for a wrong setting, the remedy. */
  reason: string
}

/** What is known of a mail when its delivery attempt has failed. */
export interface MailHistory {
  /** Delivery attempts, this one included. */
  attempts: number
  /** Copies sent whole and not confirmed, this attempt's not included. */
  unconfirmed: number
  /** Times it was refused with 5xx, this attempt's not included. */
  refusals: number
  /** Milliseconds since it was queued. */
  age: number
}

/** What is stored of the mail. */
export interface Decision {
  status: 'pending' | 'given_up'
  /** Milliseconds until the next attempt. */
  retryIn: number
  unconfirmed: number
  refusals: number
  reason: string
}

/** What nodemailer says about a failure. */
interface SmtpError {
  message: string
  code?: unknown
  /** The step, such as `RCPT TO`; `CONN` for the greeting and for anything about the connection. */
  command?: unknown
  response?: unknown
  /** Of the server's reply; absent when none came. */
  responseCode?: unknown
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
  return wrong ? { kind: 'misconfigured', reason: wrong } : { kind: 'transient', reason: message }
}

/** What happens to a mail after an attempt that failed. */
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
    // An operator who sends it again must know that a copy may have arrived.
    reason: givenUp && unconfirmed > 0 ? `${UNCONFIRMED}; last attempt: ${reason}` : reason,
  }
}

/** While the queue is paused a refusal is the server's, not the mail's: it is not counted. */
export function decideWhilePaused(outcome: Outcome, mail: MailHistory): Decision {
  if (outcome.kind !== 'refused') return decide(outcome, mail)
  const { unconfirmed, refusals } = mail
  const { reason } = outcome
  return { status: 'pending', retryIn: AFTER_REFUSAL_MS, unconfirmed, refusals, reason }
}

/** For a mail whose last copy was sent by a process that died before it knew the reply. */
export function decideWithoutAttempt(unconfirmed: number, refusals: number): Decision | null {
  if (unconfirmed < MAX_COPIES) return null
  return { status: 'given_up', retryIn: 0, unconfirmed, refusals, reason: UNCONFIRMED }
}

/** @returns milliseconds until the next attempt after this many copies without a confirmation */
export function waitAfterCopy(copies: number): number {
  return AFTER_COPY_MS[Math.min(copies, AFTER_COPY_MS.length) - 1]
}

/** The step that fails for every mail, with the remedy; null when the failure may pass. */
function wrongSetting(error: SmtpError, step: string, reply: number): string | null {
  if (reply >= 400 && reply < 500) return null
  const says = `${step}: ${replyOf(error)}`
  if (error.code === 'EAUTH') {
    return `the server refuses ${says}. Check user and password in SMTP_URL`
  }
  if (step === 'STARTTLS' && reply >= 500) {
    return `SMTP_TLS is required, but the server refuses ${says}. Neither password nor mail was sent. Use a port with STARTTLS or smtps:// in SMTP_URL; SMTP_TLS=opportunistic sends both without TLS`
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
    return `the server refuses ${says}. Check with its operator whether it accepts mail from this host`
  }
  if (step === 'MAIL FROM') {
    return `the server refuses ${says}. Check MAIL_FROM, and user and password in SMTP_URL`
  }
  return null
}

/** The server's words, or the error's where the server said nothing. */
function replyOf(error: unknown): string {
  const { response, message } = error as SmtpError
  return typeof response === 'string' && response ? response : message
}
