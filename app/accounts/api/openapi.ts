/*
 * The operations of accounts in /openapi.json.
 */
import { ROLES } from '#contracts/actor'
import type { Section } from '#http/openapi/description'
import { resourceResponses } from '#http/openapi/responses'
import { extensible, object, orNull, ref, text, time, uuid } from '#http/openapi/schema'
import type { accountBody } from './account_body.ts'
import type { issueToken } from '../credentials/tokens.ts'
import { logInValidator, signUpValidator } from './validators.ts'

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
        'Accounts, roles and access tokens. Customers place and change their own orders. Clerks and admins read, change and fulfil all orders and change stock; operators read both; services place, read, change and cancel any order and read stock.',
    },
  ],
  schemas: {
    Account: object<AccountBody>({
      id: uuid('The account id.'),
      email: orNull(text('Null for services.')),
      name: text(),
      role: extensible(ROLES),
    }),
    Token: object<TokenBody>({
      token: text('Send it as `Authorization: Bearer …`. It is returned only once.'),
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
      responses: {
        201: { description: 'The account.', schema: ref('Account'), example: ada },
      },
      problems: ['email_taken', 'sign_up_closed', 'too_many_sign_ups', 'too_many_attempts'],
    },
    'GET /api/v1/accounts/me': {
      id: 'whoAmI',
      tag: 'Accounts',
      summary: 'Read your own account',
      access: 'signed in',
      headers: ['If-None-Match.read'],
      responses: resourceResponses({
        description: 'The account.',
        schema: ref('Account'),
        example: ada,
      }),
    },
    'POST /api/v1/tokens': {
      id: 'logIn',
      tag: 'Accounts',
      summary: 'Create an access token',
      access: 'open',
      body: {
        schema: logInValidator,
        examples: { Ada: { email: 'ada@example.com', password: 'correct horse battery' } },
      },
      responses: {
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
      summary: 'Revoke this access token',
      access: 'signed in',
      responses: {
        204: { description: 'Revoked. Other processes may accept the token for 5 more seconds.' },
      },
    },
  },
}
