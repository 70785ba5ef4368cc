import { Problem } from '#http/problem'
import { LogInAttempts } from './attempts.ts'
import type Account from './models/account.ts'
import { verifyPassword } from './tokens.ts'

/**
 * @param address - of the client
 * @throws Problem 401 `wrong_credentials`: which of the two is not told · 429 `too_many_attempts`
 */
export async function logIn(email: string, password: string, address: string): Promise<Account> {
  const attempts = new LogInAttempts(email, address)
  await attempts.mayTry()
  const account = await verifyPassword(email, password)
  if (!account) {
    await attempts.failed()
    throw wrongCredentials()
  }
  // A thousand guesses sent at once are all let in: once ten were wrong, none may hear that it was right.
  await attempts.mayTry()
  await attempts.succeeded()
  return account
}

function wrongCredentials() {
  return new Problem(401, 'wrong_credentials', 'The e-mail or the password is wrong.', {
    headers: { 'WWW-Authenticate': 'Bearer realm="quartermaster"' },
  })
}
