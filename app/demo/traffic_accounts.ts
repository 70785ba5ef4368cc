import { randomBytes } from 'node:crypto'
import Account from '#accounts/models/account'
import { createAccount, type NewAccount } from '#accounts/sign_in/sign_up'
import { issueToken, revokeToken } from '#accounts/credentials/tokens'

const SHOP: NewAccount = {
  email: null,
  name: 'Demo shop',
  password: null,
  role: 'service',
}
const CLERK: NewAccount = {
  email: 'demo-clerk@quartermaster.example',
  name: 'Demo clerk',
  password: randomBytes(24).toString('base64url'),
  role: 'clerk',
}

/** Creates the accounts once, with a random password. The tokens are revoked after `work`. */
export async function withDemoTokens(
  work: (tokens: { shop: string; clerk: string }) => Promise<void>
) {
  const [shop, clerk] = await Promise.all([tokenOf(SHOP), tokenOf(CLERK)])
  try {
    await work({ shop, clerk })
  } finally {
    await Promise.all([revokeToken(shop), revokeToken(clerk)])
  }
}

async function tokenOf(wanted: NewAccount) {
  const { name, role } = wanted
  const account = (await Account.findBy({ name, role })) ?? (await createAccount(wanted))
  const { token } = await issueToken(account, 1)
  return token
}
