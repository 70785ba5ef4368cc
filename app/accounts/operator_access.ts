import { randomBytes } from 'node:crypto'
import type { OperatorAccess } from '#contracts/ports/operator_access'
import { createAccount } from './sign_in/sign_up.ts'
import { issueToken } from './credentials/tokens.ts'

const ONE_MINUTE_IN_DAYS = 1 / (24 * 60)

/** Creates an account for each run of a command, and deletes it with its token. */
export const operatorAccess: OperatorAccess = {
  async issue() {
    const account = await createAccount({
      email: `operations-${randomBytes(6).toString('hex')}@quartermaster.invalid`,
      name: 'operations command',
      password: randomBytes(24).toString('base64url'),
      role: 'operator',
    })
    const { token } = await issueToken(account, ONE_MINUTE_IN_DAYS)
    return { token, revoke: () => account.delete() }
  },
}
