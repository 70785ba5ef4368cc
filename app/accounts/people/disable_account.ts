import type { TransactionClientContract } from '@adonisjs/lucid/types/database'
import { DateTime } from 'luxon'
import type { SignedIn } from '#contracts/actor'
import { endSessions } from '../sessions.ts'
import { revokeTokens } from '../tokens.ts'
import { changeAccess } from './change_access.ts'

/**
 * Nothing of theirs opens anything from now on; what they did stays. Sessions and tokens end at once, in
 * another process within seconds.
 *
 * @throws Problem 404 `not_found` · 409 `own_access`
 */
export async function disableAccount(id: string, by: SignedIn) {
  const { name } = await changeAccess(id, by, (person) => {
    person.disabledAt ??= DateTime.now()
  })
  return { name, ...(await endSignIns(id)) }
}

/** They sign in anew, with the password they had; a service needs a new token. */
export async function enableAccount(id: string, by: SignedIn) {
  const { name } = await changeAccess(id, by, async (person, trx) => {
    if (!person.disabledAt) return
    // Whatever was on its way when the account was disabled.
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
