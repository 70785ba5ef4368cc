/*
 * What operations says of itself in /openapi.json.
 */
import type { Section } from '#http/openapi/description'
import { answer, list, oneOf, ref, text } from '#http/openapi/schema'
import type { Readiness } from './readiness.ts'

export const openapi: Section = {
  tags: [{ name: 'Health', description: 'For load balancers and operators.' }],
  schemas: {
    Liveness: answer<{ status: 1; stuck: 1 }>({
      status: oneOf(['ok', 'stuck']),
      stuck: { ...list(text()), description: 'Why it should be started anew.' },
    }),
    Readiness: answer<Readiness>({
      status: oneOf(
        ['ok', 'degraded', 'unavailable'],
        '`degraded`: orders are accepted, but something is away. `unavailable`: starting, draining or without a database.'
      ),
      transport: text('How messages travel: `embedded` or `kafka`.'),
      degraded: { ...list(text()), description: 'What an operator should know.' },
    }),
  },
  parameters: {},
  operations: {
    'GET /health/live': {
      id: 'live',
      tag: 'Health',
      summary: 'See whether the process runs',
      access: 'open',
      answers: {
        200: {
          description: 'It does.',
          schema: ref('Liveness'),
          example: { status: 'ok', stuck: [] },
        },
        503: {
          description: 'It cannot help itself: only a new process can.',
          schema: ref('Liveness'),
          example: { status: 'stuck', stuck: ['consumer orders: a batch has hung for 301 s'] },
        },
      },
    },
    'GET /health/ready': {
      id: 'ready',
      tag: 'Health',
      summary: 'See whether requests are served',
      access: 'open',
      answers: {
        200: {
          description: 'They are.',
          schema: ref('Readiness'),
          example: { status: 'ok', transport: 'embedded', degraded: [] },
        },
        503: {
          description: 'They are not, for now.',
          headers: ['Retry-After'],
          schema: ref('Readiness'),
          example: { status: 'unavailable', transport: 'embedded', degraded: ['starting'] },
        },
      },
    },
  },
}
