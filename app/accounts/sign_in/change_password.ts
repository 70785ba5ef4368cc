import hash from '@adonisjs/core/services/hash'
import type { SignedIn } from '#contracts/actor'
import { networkOf } from '#http/client_network'
import { unprocessable } from '#http/problem'
import { withHashPermit } from './password_hashing.ts'
import { logIn } from './log_in.ts'
import { endSessions } from '../credentials/sessions.ts'
import { revokeTokens } from '../credentials/tokens.ts'

export interface PasswordChange {
  currentPassword: string
  newPassword: string
  /** Of the client. Wrong passwords count as failed sign-ins. */
  address: string
  /** The session to keep. */
  sessionId: string
}

/**
 * Ends all other sessions and all access tokens, because somebody else may know the old password.
 *
 * @throws Problem 422 `invalid_fields` when the current password is wrong · 429 `too_many_attempts` or
 *   503 `temporarily_unavailable` when a password was not checked or hashed
 */
export async function changePassword(
  { id, email }: SignedIn,
  { currentPassword, newPassword, address, sessionId }: PasswordChange
) {
  const account = await logIn(email!, currentPassword, address).catch((error) => {
    throw error.code === 'wrong_credentials' ? wrongPassword() : error
  })
  account.password = await withHashPermit(networkOf(address), () => hash.make(newPassword))
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
