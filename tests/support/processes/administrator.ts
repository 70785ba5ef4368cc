/*
 * Inserts an account into the database of a shop in another process. The command takes seconds and has its own
 * tests.
 */
import { randomUUID } from 'node:crypto'
import { AccessToken } from '@adonisjs/auth/access_tokens'
import pg from 'pg'
import { TOKEN_PREFIX } from '#accounts/models/account'

const type = 'auth_token'

/** @returns an access token that never expires */
export const administrator = (databaseUrl: string) => account(databaseUrl, 'admin', 'Admin')

/** @returns an access token that never expires */
export const serviceAccount = (databaseUrl: string) => account(databaseUrl, 'service', 'Service')

async function account(databaseUrl: string, role: string, name: string): Promise<string> {
  const tokenableId = randomUUID()
  const identifier = randomUUID()
  const { hash, secret } = AccessToken.createTransientToken(tokenableId, 40)
  const client = new pg.Client(databaseUrl)
  await client.connect()
  try {
    await client.query(
      `insert into accounts.accounts (id, email, name, password, role)
       values ($1, $2, $3, 'none', $4)`,
      [tokenableId, `${role}@example.com`, name, role]
    )
    await client.query(
      `insert into accounts.access_tokens (id, tokenable_id, type, hash, abilities, created_at, updated_at)
       values ($1, $2, $3, $4, '["*"]', now(), now())`,
      [identifier, tokenableId, type, hash]
    )
  } finally {
    await client.end()
  }
  const now = new Date()
  const token = new AccessToken({
    ...{ identifier, tokenableId, type, hash, secret, prefix: TOKEN_PREFIX, name: null },
    ...{ createdAt: now, updatedAt: now, lastUsedAt: null, expiresAt: null },
  })
  return token.value!.release()
}
