import { DbAccessTokensProvider } from '@adonisjs/auth/access_tokens'
import type { Role } from '#contracts/actor'
import { AccountSchema } from '#database/accounts/schema'

/** Tells an access token of ours from other secrets that turn up in a log. */
export const TOKEN_PREFIX = 'qm_'

export default class Account extends AccountSchema {
  static connection = 'accounts'
  static table = 'accounts'
  static selfAssignPrimaryKey = true

  /** Stored hashed; each token says at its making when it expires. */
  static accessTokens = DbAccessTokensProvider.forModel(Account, {
    table: 'access_tokens',
    prefix: TOKEN_PREFIX,
  })

  declare role: Role
}
