/*
 * What orders says of its live streams in /openapi.json.
 */
import type { Answer, Operation } from '#http/openapi/description'
import { answer, ref, text, time } from '#http/openapi/schema'
import { placedOrder } from '../transformers/order_schema.ts'
import { placedStep } from '../transformers/step_schema.ts'

export const liveTag = {
  name: 'Live',
  description:
    'Steps as they happen, as Server-Sent Events: `curl -N -H "Authorization: Bearer …"` shows them.',
}

const streamTicket = {
  url: 'https://shop.example.com/api/v1/orders/0199f3a2-7c11-7d3e-9a54-3f2b8c6d1e70/events?ticket=…',
  expiresAt: '2026-11-22T12:15:00.000Z',
}

export const liveSchemas = {
  StreamTicket: answer<typeof streamTicket>({
    url: text('For `new EventSource(url)`.'),
    expiresAt: time('It opens no new connection from then on.'),
  }),
}

export const liveOperations: Record<string, Operation> = {
  'GET /api/v1/orders/{id}/events': {
    id: 'followOrder',
    tag: 'Live',
    summary: 'Follow an order',
    description:
      'Each step once, from the first on and in order, also after a resume. The `id` of an event is the step’s `sequence`, its data the step as in the timeline.',
    access: 'ticket',
    headers: ['Last-Event-ID'],
    answers: { 200: eventStream('1', placedStep) },
    problems: ['not_found', 'last_event_id_invalid'],
  },
  'GET /api/v1/orders/events': {
    id: 'followOrders',
    tag: 'Live',
    summary: 'Follow all orders',
    description:
      'Customers follow their own, everyone else all, from now on. The data is a step with its `orderId`, the `id` of an event is opaque. A resume has no gap and keeps the order of the steps of one order, but may repeat recent ones: drop those whose `orderId` and `sequence` you know.',
    access: 'signed in',
    headers: ['Last-Event-ID'],
    answers: {
      200: eventStream('c3RlcHMgNDI', { orderId: placedOrder.id, ...placedStep }),
    },
    problems: ['last_event_id_invalid'],
  },
  'POST /api/v1/orders/{id}/stream-tickets': {
    id: 'makeStreamTicket',
    tag: 'Live',
    summary: 'Make an address that a browser can follow',
    description:
      'For `new EventSource(url)`, which sends no Authorization header. It opens the stream of this order alone, for 15 minutes, any number of times, and no longer than the access token is valid.',
    access: 'signed in',
    answers: {
      201: { description: 'The address.', schema: ref('StreamTicket'), example: streamTicket },
    },
    problems: ['not_found'],
  },
}

function eventStream(id: string, data: object): Answer {
  return {
    description:
      'A stream of Server-Sent Events. It ends when the access token does; reconnect with Last-Event-ID. A line with a colon comes every 15 seconds when nothing happens.',
    type: 'text/event-stream',
    schema: { type: 'string' },
    example: `retry: 1000\n\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`,
  }
}
