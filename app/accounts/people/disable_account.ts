import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { DateTime } from 'luxon'
import type { SignedIn } from '#contracts/actor'
import { endSessions } from '../credentials/sessions.ts'
import { revokeTokens } from '../credentials/tokens.ts'
import { changeAccess } from './change_access.ts'

/**
 * Blocks signing in and ends sessions and tokens: in this process immediately, in other processes within
 * seconds. Their history is kept.
 *
 * @throws Problem 404 `not_found` · 409 `own_access`
 */
export async function disableAccount(id: string, by: SignedIn) {
  const { name } = await changeAccess(id, by, (person) => {
    person.disabledAt ??= DateTime.now()
  })
  return { name, ...(await endSignIns(id)) }
}

/** Allows signing in again with the old password. A service needs a new token. */
export async function enableAccount(id: string, by: SignedIn) {
  const { name } = await changeAccess(id, by, async (person, trx) => {
    if (!person.disabledAt) return
    // Sessions and tokens that were being created while the account was disabled.
    await endSignIns(id, trx)
    person.disabledAt = null
  })
  return { name }
}

async function endSignIns(id: string, client?: TransactionClientContract) {
  const sessions = await endSessions(id, {}, client)
  const tokens = await revokeTokens(id, undefined, client)
  return { sessions, tokens }
}
