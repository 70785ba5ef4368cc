import hash from '@adonisjs/core/services/hash'
import type { SignedIn } from '#contracts/actor'
import { unprocessable } from '#http/problem'
import { logIn } from './log_in.ts'
import { endSessions } from './sessions.ts'
import { revokeTokens } from './tokens.ts'

export interface PasswordChange {
  currentPassword: string
  newPassword: string
  /** Of the client: wrong passwords count as at the log-in. */
  address: string
  /** The one that stays. */
  sessionId: string
}

/**
 * Whoever knew the password before is signed out: all other sessions and all access tokens end.
 *
 * @throws Problem 422 `invalid_fields` when the current one is wrong · 429 `too_many_attempts`
 */
export async function changePassword(
  { id, email }: SignedIn,
  { currentPassword, newPassword, address, sessionId }: PasswordChange
) {
  const account = await logIn(email!, currentPassword, address).catch((error) => {
    throw error.code === 'wrong_credentials' ? wrongPassword() : error
  })
  account.password = await hash.make(newPassword)
  await account.save()
  const [sessions, tokens] = await Promise.all([
    endSessions(id, { exceptId: sessionId }),
    revokeTokens(id),
  ])
  return { sessions, tokens }
}

function wrongPassword() {
  const error = { pointer: '/currentPassword', code: 'wrong', detail: 'is wrong' }
  return unprocessable('invalid_fields', 'The current password is wrong.', [error])
}
