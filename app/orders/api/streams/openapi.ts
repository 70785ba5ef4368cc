/*
 * The live streams in /openapi.json.
 */
import type { Operation, Success } from '#http/openapi/description'
import { object, ref, text, time, uuid, type Schema } from '#http/openapi/schema'
import { placedOrder } from '../transformers/order_schema.ts'
import { placedStep, stepSchema } from '../transformers/step_schema.ts'

export const liveTag = {
  name: 'Live',
  description:
    'Steps as they happen, as Server-Sent Events. Try `curl -N -H "Authorization: Bearer …"`.',
}

const streamTicket = {
  url: 'https://shop.example.com/api/v1/orders/0199f3a2-7c11-7d3e-9a54-3f2b8c6d1e70/events?ticket=…',
  expiresAt: '2026-11-22T12:15:00.000Z',
}

export const liveSchemas = {
  StreamTicket: object<typeof streamTicket>({
    url: text('For `new EventSource(url)`.'),
    expiresAt: time('The URL opens no new connection after this time.'),
  }),
  OrderStep: {
    ...stepSchema,
    properties: { orderId: uuid('The id of the order.'), ...stepSchema.properties },
    required: ['orderId', ...stepSchema.required],
  },
  StepEvent: event('Step', 'The `sequence` of the step.'),
  OrderStepEvent: event('OrderStep', 'Opaque.'),
}

/** The fields of a Server-Sent Event. @param data - name of the schema of its data */
function event(data: string, id: string): Schema {
  return {
    ...object<{ id: 1; data: 1 }>({
      id: text(`${id} Send it as Last-Event-ID to continue after this event.`),
      data: {
        type: 'string',
        description: 'A step as JSON.',
        contentMediaType: 'application/json',
        contentSchema: ref(data),
      },
    }),
    description: 'One event of the stream, without the field `event`: it is a `message`.',
  }
}

export const liveOperations: Record<string, Operation> = {
  'GET /api/v1/orders/{id}/events': {
    id: 'followOrder',
    tag: 'Live',
    summary: 'Follow an order',
    description:
      'Sends each step once and in order, starting with the first, even after a resume. The `id` of an event is the `sequence` of the step; the data is the step as in the timeline.',
    access: 'ticket',
    headers: ['Last-Event-ID'],
    responses: { 200: eventStream('StepEvent', '1', placedStep) },
    problems: ['not_found', 'last_event_id_invalid', 'too_many_streams'],
  },
  'GET /api/v1/orders/events': {
    id: 'followOrders',
    tag: 'Live',
    summary: 'Follow all orders',
    description:
      'Customers follow their own orders, other roles all orders. The stream starts with the next step. The data of an event is a step with its `orderId`; its `id` is opaque. A resumed stream has no gap and keeps the order of steps within an order, but can repeat recent steps: ignore those whose `orderId` and `sequence` you have seen.',
    access: 'signed in',
    headers: ['Last-Event-ID'],
    responses: {
      200: eventStream('OrderStepEvent', 'c3RlcHMgNDI', { orderId: placedOrder.id, ...placedStep }),
    },
    problems: ['last_event_id_invalid', 'too_many_streams'],
  },
  'POST /api/v1/orders/{id}/stream-tickets': {
    id: 'makeStreamTicket',
    tag: 'Live',
    summary: 'Create a stream URL for a browser',
    description:
      'For `new EventSource(url)`, which sends no Authorization header. The URL opens the stream of this order only. It can be used any number of times within 15 minutes, while the access token is valid.',
    access: 'signed in',
    responses: {
      201: { description: 'The stream URL.', schema: ref('StreamTicket'), example: streamTicket },
    },
    problems: ['not_found'],
  },
}

function eventStream(events: string, id: string, data: object): Success {
  return {
    description:
      'A stream of Server-Sent Events. It ends when the access token expires; reconnect with Last-Event-ID. While there are no events, a comment line is sent every 15 seconds. `retry` is a random time between 1 and 5 seconds. A customer can have 20 open streams per process.',
    type: 'text/event-stream',
    schema: {
      type: 'string',
      description: 'The events have the fields of `contentSchema`.',
      contentMediaType: 'text/event-stream',
      contentSchema: ref(events),
    },
    example: `retry: 3417\n\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`,
  }
}
