/*
 * One leased mail, from its content to the result in its row.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@adonisjs/core/logger'
import type { Message } from '@adonisjs/mail'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import {
  decide,
  decideWhilePaused,
  decideWithoutAttempt,
  outcomeOf,
  type Decision,
} from './delivery.ts'
import { LEASE_USED_MS, LeaseLost, type MailRows, type Notification } from './mail_rows.ts'
import type { FailedDelivery, MailServer } from './mail_server.ts'
import { delivered } from './metrics.ts'
import type { SendOptions } from './smtp_transport.ts'

export interface DeliveryOptions {
  /** @throws the error of the transport */
  send(compose: MessageComposeCallback, options: SendOptions): Promise<unknown>
  /** The domain of each Message-ID. */
  domain: string
  logger: Logger
}

interface Context extends DeliveryOptions {
  rows: MailRows
  server: MailServer
  /** Aborted when the queue stops. */
  signal: AbortSignal
  /** Whether the mail is also sent while the queue is paused. */
  probe: boolean
}

const MARK_AGAIN_MS = 1_000

/**
 * Sends a mail as soon as a connection is free. If the queue stops or pauses before that, or the wait is too long for
 * the lease, the lease is returned.
 *
 * @throws when the result cannot be stored
 */
export async function deliver(mail: Notification, context: Context): Promise<void> {
  const { rows, server, probe } = context
  const until = Date.now() + LEASE_USED_MS
  const hopeless = decideWithoutAttempt(mail.unconfirmed, mail.refusals)
  if (hopeless) return store(mail, hopeless, context)
  const content = await compose(mail, context)
  if (content === 'failed') return
  if (content && !(await server.begin(until, { probe }))) return rows.returnLease(mail)
  const failed = content && (await send(mail, content, context))
  if (failed === 'lease lost') {
    server.interrupted()
    return rows.returnLease(mail)
  }
  if (failed) return storeFailure(mail, failed, context)
  await markSent(mail, context)
}

async function compose(mail: Notification, context: Context) {
  try {
    return await context.rows.source.compose(mail)
  } catch (error) {
    const outcome = outcomeOf(error, false)
    context.server.failure = { reason: outcome.reason, module: context.rows.module, mail: mail.id }
    await store(mail, decide(outcome, historyOf(mail)), context)
    return 'failed'
  }
}

/** @returns null if the server has the mail */
async function send(
  mail: Notification,
  content: MessageComposeCallback,
  { rows, server, ...options }: Context
): Promise<FailedDelivery | 'lease lost' | null> {
  const recipients: string[] = []
  // Also awaited after a failure: it may still run when the connection breaks.
  let copy: Promise<void> | null = null
  const beforeLastLine = () => (copy = rows.countCopy(mail))
  try {
    await options.send(
      async (message) => {
        message.messageId(`<${mail.id}@${options.domain}>`)
        // RFC 3834: out-of-office replies and mailing lists do not answer.
        message.header('Auto-Submitted', 'auto-generated')
        await content(message)
        recipients.push(...recipientsOf(message))
      },
      { beforeLastLine }
    )
  } catch (error) {
    const counted = await countedCopy(copy)
    if (counted === 'lease lost') return counted
    return { outcome: outcomeOf(error, counted), recipients }
  }
  server.delivered()
  const { id, kind, subject } = mail
  options.logger.debug({ notification: id, kind, [rows.source.subject]: subject }, 'mail sent')
  return null
}

async function storeFailure(mail: Notification, failed: FailedDelivery, context: Context) {
  const { rows, server } = context
  const verdict = server.failed(rows.module, mail.id, failed)
  if (verdict === 'waits') return rows.returnLease(mail)
  const decided = verdict === 'counts while paused' ? decideWhilePaused : decide
  await store(mail, decided(failed.outcome, historyOf(mail)), context)
}

async function store(mail: Notification, decision: Decision, { rows, logger }: Context) {
  await rows.store(mail, decision)
  const { id, kind, attempts } = mail
  const { status, reason } = decision
  const givenUp = status === 'given_up'
  delivered.inc({ module: rows.module, outcome: givenUp ? 'given_up' : 'retried' })
  if (givenUp) logger.error({ notification: id, kind, attempts, reason }, 'mail given up')
  else if ((attempts & (attempts - 1)) === 0) {
    logger.warn({ notification: id, kind, attempts, reason }, 'mail delivery failed, retrying')
  }
}

/** While the database is away, the server has the mail but its row does not say so: a repeat would be a second copy. */
async function markSent(mail: Notification, { rows, signal }: Context) {
  for (;;) {
    try {
      await rows.markSent(mail)
      return delivered.inc({ module: rows.module, outcome: 'sent' })
    } catch (error) {
      if (signal.aborted) throw error
      await sleep(MARK_AGAIN_MS, undefined, { signal }).catch(() => {})
    }
  }
}

function historyOf({ attempts, unconfirmed, refusals, created_at }: Notification) {
  return { attempts, unconfirmed, refusals, age: Date.now() - created_at.getTime() }
}

function recipientsOf(message: Message): string[] {
  const { to = [] } = message.toObject().message
  return to.map((recipient) => (typeof recipient === 'string' ? recipient : recipient.address))
}

/**
 * @returns whether the copy was counted: then its last line may have been sent. `'lease lost'` if the lease ended before
 *   that: then the mail was not sent.
 */
async function countedCopy(copy: Promise<void> | null): Promise<boolean | 'lease lost'> {
  if (!copy) return false
  return copy.then(
    () => true,
    (error) => (error instanceof LeaseLost ? 'lease lost' : false)
  )
}
