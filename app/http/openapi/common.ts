/*
 * Schemas that the responses of all modules share.
 */
import type { Actor } from '#contracts/actor'
import { currencies } from '../currencies.ts'
import type { FieldError, problemBody } from '../problem.ts'
import { extensible, object, list, orNull, ref, text, uuid, whole, type Schema } from './schema.ts'

type Problem = ReturnType<typeof problemBody>

export const commonSchemas: Record<string, Schema> = {
  Currency: {
    type: 'string',
    enum: [...currencies],
    description: 'An active ISO 4217 code of a currency with minor units.',
  },
  Money: {
    ...object<{ amount: number; currency: string }>({
      amount: whole(
        'In minor units, with the decimals that ISO 4217 defines for the currency: 1250 is 12.50 EUR and 12.50 HUF, but 1250 JPY and 1.250 KWD.',
        0
      ),
      currency: {
        type: 'string',
        description:
          'An ISO 4217 code. Stored amounts keep a code that was withdrawn later; new amounts need a `Currency`.',
      },
    }),
    examples: [{ amount: 1250, currency: 'EUR' }],
  },
  Actor: {
    ...object<Actor>({
      kind: extensible(['customer', 'staff', 'service', 'system']),
      id: orNull(
        uuid('The account id; null for the system, and for staff if a customer reads it.')
      ),
      name: orNull(text('The display name.')),
    }),
    description: 'Who made the change.',
  },
  FieldError: object<FieldError>({
    pointer: text(
      'JSON pointer into the body (RFC 6901): `/lines/0/quantity`. For parameters of the path and the query string: `/` and the name of the parameter.'
    ),
    code: text('The violated rule, for programs: `required`, `min`, `unknown_field` …'),
    detail: text('The error, for people.'),
  }),
  Problem: {
    ...object<Problem>({
      type: { type: 'string', format: 'uri', description: 'A page with the cause and the remedy.' },
      title: text('A short summary, the same for all problems with this code.'),
      status: whole('The HTTP status of the response.'),
      code: text('Identifies the problem, for programs.'),
      detail: text('What is wrong with this request and what to send instead, for people.'),
      instance: text('The path of the request.'),
      requestId: text('The request id, as in X-Request-Id.'),
      errors: {
        ...list(ref('FieldError')),
        description: 'The invalid fields; empty for other problems.',
      },
    }),
    description:
      'Problem Details (RFC 9457). Some problems have further members. Later releases may add codes and members.',
  },
}
