/*
 * Retention rules of all modules; see docs/settings.md.
 */
import type { Database } from '@adonisjs/lucid/database'
import { forgetSessions } from '#accounts/credentials/sessions'
import { deleteOldKeys } from '#http/idempotency'
import { importRetention } from '#config/app'
import { forgetImports } from '#inventory/receipts/forget_imports'
import { forgetCrossings } from '#inventory/low_stock/forget_crossings'
import { forgetSentMails } from '#mail/forget_sent'
import type { Messaging } from '#messaging/messaging'
import { renewSegments } from '#messaging/outbox/segments'
import { pruneActions, pruneInbox } from '#messaging/recovery/retention'
import type { RetentionRule } from '#operations/workers/retention'

/** The rules of accounts, which has no outbox, run in the process that leads orders. */
export function retentionRules(db: Database, messaging: Messaging): RetentionRule[] {
  const rule = (module: string, table: string, prune: RetentionRule['prune']): RetentionRule => ({
    ...{ module, table, prune },
    isOurs: () => messaging.leads(module === 'accounts' ? 'orders' : module),
  })
  const of = (module: string) => db.connection(module)
  const { outbox } = messaging.config.retention
  const kernel = messaging.config.modules.flatMap(({ name, direct }) => [
    rule(name, 'outbox', () => renewSegments(direct, outbox)),
    rule(name, 'inbox', async (signal) =>
      pruneInbox(of(name), name, await messaging.inboxRetention(), signal)
    ),
    rule(name, 'operator_acts', () => pruneActions(of(name))),
    rule(name, 'idempotency_keys', (signal) => deleteOldKeys(of(name), signal)),
    rule(name, 'notifications', () => forgetSentMails(of(name))),
  ])
  return [
    ...kernel,
    rule('inventory', 'low_crossings', () => forgetCrossings(of('inventory'))),
    rule('inventory', 'stock_import_rows', (signal) =>
      forgetImports(of('inventory'), importRetention, signal)
    ),
    rule('accounts', 'idempotency_keys', (signal) => deleteOldKeys(of('accounts'), signal)),
    rule('accounts', 'notifications', () => forgetSentMails(of('accounts'))),
    rule('accounts', 'sessions', () => forgetSessions(of('accounts'))),
  ]
}
