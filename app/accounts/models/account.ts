import { DbAccessTokensProvider } from '@adonisjs/auth/access_tokens'
import type { Role } from '#contracts/actor'
import { AccountSchema } from '#database/accounts/schema'

/** Identifies access tokens among other secrets, for example in a log. */
export const TOKEN_PREFIX = 'qm_'

export default class Account extends AccountSchema {
  static connection = 'accounts'
  static table = 'accounts'
  static selfAssignPrimaryKey = true

  /** Stored as hashes. The expiry of each token is set when it is created. */
  static accessTokens = DbAccessTokensProvider.forModel(Account, {
    table: 'access_tokens',
    prefix: TOKEN_PREFIX,
  })

  declare role: Role
}
