/*
 * The schemas that every module's answers are made of.
 */
import type { Actor } from '#contracts/actor'
import { currencies } from '../currencies.ts'
import type { FieldError, problemBody } from '../problem.ts'
import { answer, list, oneOf, orNull, ref, text, uuid, whole, type Schema } from './schema.ts'

type Problem = ReturnType<typeof problemBody>

export const commonSchemas: Record<string, Schema> = {
  Currency: {
    type: 'string',
    enum: [...currencies],
    description: 'An active code of ISO 4217 that has minor units.',
  },
  Money: {
    ...answer<{ amount: number; currency: string }>({
      amount: whole(
        'In minor units, with as many digits as ISO 4217 gives the currency: 1250 is 12.50 EUR and 12.50 HUF, but 1250 JPY and 1.250 KWD.',
        0
      ),
      currency: {
        type: 'string',
        description:
          'A code of ISO 4217. Stored amounts keep a code that has been withdrawn since; new ones need a `Currency`.',
      },
    }),
    examples: [{ amount: 1250, currency: 'EUR' }],
  },
  Actor: {
    ...answer<Actor>({
      kind: oneOf(['customer', 'staff', 'service', 'system']),
      id: orNull(
        uuid('The account; null for the system. Customers are not told which of the staff.')
      ),
      name: orNull(text('For people.')),
    }),
    description: 'Who did it.',
  },
  FieldError: answer<FieldError>({
    pointer: text(
      'Where in the body, as a JSON pointer (RFC 6901): `/lines/0/quantity`. For the address and the query string: `/` and the name of the parameter.'
    ),
    code: text('What is wrong, for programs: `required`, `min`, `unknown_field` …'),
    detail: text('What is wrong, for people.'),
  }),
  Problem: {
    ...open<Problem>({
      type: { type: 'string', format: 'uri', description: 'A page with cause and remedy.' },
      title: text('What is wrong, in some words: the same for each problem of this code.'),
      status: whole('The status of the answer.'),
      code: text('Which problem it is: programs switch on this.'),
      detail: text('What happened here and what to do about it, for people.'),
      instance: {
        type: 'string',
        description: 'The path of the request.',
      },
      requestId: text('The name of this request in our logs, as in X-Request-Id.'),
      errors: { ...list(ref('FieldError')), description: 'The fields that are wrong; else empty.' },
    }),
    description: 'Problem Details (RFC 9457).',
  },
}

/** Some problems have members of their own, which the answers name and close. */
function open<Body>(properties: Record<keyof Body & string, Schema>): Schema {
  const { additionalProperties, ...schema } = answer<Body>(properties)
  return schema
}
