import { Problem } from '#http/problem'
import { LogInAttempt } from './attempts.ts'
import type Account from './models/account.ts'
import { verifyPassword } from './tokens.ts'

/**
 * Checks a password. After failures of the account or from the address it takes up to 2 s longer.
 *
 * @param address - of the client
 * @throws Problem 401 `wrong_credentials`, without saying which of the two is wrong · 429 `too_many_attempts` or
 *   503 `temporarily_unavailable` when the password was not checked
 */
export async function logIn(email: string, password: string, address: string): Promise<Account> {
  const attempt = new LogInAttempt(email, address)
  await attempt.begin()
  const account = await verifyPassword(email, password, attempt.network)
  if (!account) {
    attempt.failed()
    throw wrongCredentials()
  }
  await attempt.succeeded()
  return account
}

function wrongCredentials() {
  return new Problem('wrong_credentials', 'The e-mail address or the password is wrong.', {
    headers: { 'WWW-Authenticate': 'Bearer realm="quartermaster"' },
  })
}
