import hash from '@adonisjs/core/services/hash'
import { Problem } from '#http/problem'
import Account from '../models/account.ts'
import { LogInAttempt } from './attempts.ts'
import { withHashPermit } from './password_hashing.ts'

/**
 * Checks a password. After failures of the account or from the address it takes up to 2 s longer.
 *
 * @param address - of the client
 * @throws Problem 401 `wrong_credentials`, also for a disabled account, without saying what is wrong · 429
 *   `too_many_attempts` or 503 `temporarily_unavailable` when the password was not checked
 */
export async function logIn(email: string, password: string, address: string): Promise<Account> {
  const attempt = new LogInAttempt(email, address)
  await attempt.begin()
  const account = await Account.query()
    .whereRaw('lower(email) = ?', [email.toLowerCase()])
    .whereNull('disabled_at')
    .first()
  // Without an account a hash is computed too, so that the time taken does not reveal who has one.
  const isRight = await withHashPermit(attempt.network, async () =>
    account?.password
      ? hash.verify(account.password, password)
      : hash.make(password).then(() => false)
  )
  if (!account || !isRight) {
    attempt.failed()
    throw new Problem('wrong_credentials', 'The e-mail address or the password is wrong.', {
      headers: { 'WWW-Authenticate': 'Bearer realm="quartermaster"' },
    })
  }
  await attempt.succeeded()
  return account
}
