/*
 * The health endpoints in /openapi.json.
 */
import type { Section } from '#http/openapi/description'
import { extensible, object, list, oneOf, ref, text } from '#http/openapi/schema'
import type { Readiness } from './readiness.ts'

export const openapi: Section = {
  tags: [{ name: 'Health', description: 'For load balancers and operators.' }],
  schemas: {
    Liveness: object<{ status: 1; stuck: 1 }>({
      status: oneOf(['ok', 'stuck']),
      stuck: {
        ...list(text()),
        description:
          'Components for which the process must be restarted. With METRICS_TOKEN as a bearer token, each has its cause.',
      },
    }),
    Readiness: object<Readiness>({
      status: extensible(
        ['ok', 'degraded', 'unavailable'],
        '`ok`; `degraded`: orders are accepted, with warnings. `unavailable`: starting, draining or without a database.'
      ),
      transport: text('The message transport: `embedded` or `kafka`.'),
      degraded: {
        ...list(text()),
        description:
          'Warnings for operators: the components that are degraded. With METRICS_TOKEN as a bearer token, each has its cause.',
      },
    }),
  },
  parameters: {},
  operations: {
    'GET /health/live': {
      id: 'live',
      tag: 'Health',
      summary: 'Check that the process runs',
      access: 'open',
      responses: {
        200: {
          description: 'It runs.',
          schema: ref('Liveness'),
          example: { status: 'ok', stuck: [] },
        },
        503: {
          description: 'It hangs and must be restarted.',
          schema: ref('Liveness'),
          example: { status: 'stuck', stuck: ['consumer orders'] },
        },
      },
    },
    'GET /health/ready': {
      id: 'ready',
      tag: 'Health',
      summary: 'Check that the process serves requests',
      access: 'open',
      responses: {
        200: {
          description: 'It does.',
          schema: ref('Readiness'),
          example: { status: 'ok', transport: 'embedded', degraded: [] },
        },
        503: {
          description: 'It does not at the moment.',
          headers: ['Retry-After'],
          schema: ref('Readiness'),
          example: { status: 'unavailable', transport: 'embedded', degraded: ['starting'] },
        },
      },
    },
  },
}
