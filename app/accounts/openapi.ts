/*
 * What accounts says of its operations in /openapi.json.
 */
import { ROLES } from '#contracts/actor'
import type { Section } from '#http/openapi/description'
import { answer, oneOf, orNull, ref, text, time, uuid } from '#http/openapi/schema'
import type { accountBody } from './account_body.ts'
import type { issueToken } from './tokens.ts'
import { logInValidator, signUpValidator } from './validators/account.ts'

type AccountBody = ReturnType<typeof accountBody>
type TokenBody = Awaited<ReturnType<typeof issueToken>> & { account: AccountBody }

const ada: AccountBody = {
  id: '0199f3a1-1b2c-7f00-8d11-5a6b7c8d9e0f',
  email: 'ada@example.com',
  name: 'Ada',
  role: 'customer',
}

export const openapi: Section = {
  tags: [
    {
      name: 'Accounts',
      description:
        'Who is calling, and what they may do. Customers place and change their own orders. Clerks and admins read, change and fulfil all orders and work the stock; operators read them; services place, read, change and cancel any order and read stock.',
    },
  ],
  schemas: {
    Account: answer<AccountBody>({
      id: uuid('The key of the account.'),
      email: orNull(text('Null for a service that has none.')),
      name: text(),
      role: oneOf(ROLES),
    }),
    Token: answer<TokenBody>({
      token: text('Send it as `Authorization: Bearer …`. It is shown once.'),
      expiresAt: orNull(time('Null when the token never expires.')),
      account: ref('Account'),
    }),
  },
  parameters: {},
  operations: {
    'POST /api/v1/accounts': {
      id: 'signUp',
      tag: 'Accounts',
      summary: 'Sign up as a customer',
      access: 'open',
      body: {
        schema: signUpValidator,
        examples: {
          Ada: { email: 'ada@example.com', password: 'correct horse battery', name: 'Ada' },
        },
      },
      answers: {
        201: { description: 'The account.', schema: ref('Account'), example: ada },
      },
      problems: ['email_taken', 'sign_up_closed', 'too_many_sign_ups', 'too_many_attempts'],
    },
    'GET /api/v1/accounts/me': {
      id: 'whoAmI',
      tag: 'Accounts',
      summary: 'See who is signed in',
      access: 'signed in',
      answers: {
        200: { description: 'The account.', schema: ref('Account'), example: ada },
      },
    },
    'POST /api/v1/tokens': {
      id: 'logIn',
      tag: 'Accounts',
      summary: 'Log in',
      access: 'open',
      body: {
        schema: logInValidator,
        examples: { Ada: { email: 'ada@example.com', password: 'correct horse battery' } },
      },
      answers: {
        201: {
          description: 'An access token.',
          schema: ref('Token'),
          example: {
            token: 'qm_MQ.c2VjcmV0LXRoYXQtaXMtc2hvd24tb25jZQ',
            expiresAt: '2026-12-22T12:00:00.000Z',
            account: ada,
          },
        },
      },
      problems: ['wrong_credentials', 'too_many_attempts'],
    },
    'DELETE /api/v1/tokens/current': {
      id: 'logOut',
      tag: 'Accounts',
      summary: 'Log out: revoke this access token',
      access: 'signed in',
      answers: {
        204: {
          description: 'Revoked. Another process of ours may take 5 seconds to hear of it.',
        },
      },
    },
  },
}
