/*
 * Streams the steps of all orders that a reader may see. A resumed stream has no gap, but can repeat the latest
 * steps.
 */
import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import type { EventStream } from '#http/server/event_stream'
import { ownerFilter } from '../../store/order.ts'
import { stepBody } from '../transformers/step_body.ts'
import { feedStepColumns, type FeedStep } from '../../live/timeline_tailer.ts'
import { stepFeed } from '../../live/step_feed.ts'

const PAGE = 500

/** @param start - the position to resume after, as `parsePosition` returned it; null for new steps only */
export async function followOrders(stream: EventStream, reader: SignedIn, start: number | null) {
  const owner = ownerFilter(reader)
  let buffered: FeedStep[] = []
  /** Ids of steps that were sent from the database before the feed delivered them. */
  const sent = new Set<number>()
  let caughtUp = false
  const send = (step: FeedStep, position: number) => {
    if (owner !== null && step.customer_id !== owner) return
    const { order_id: orderId } = step
    // A resume after this event must not skip later steps of the same read that were not sent yet.
    stream.send(
      eventId(Math.min(step.id, position)),
      JSON.stringify({ orderId, ...stepBody(step, reader) })
    )
  }
  stream.onEnd(
    stepFeed.followAll((step) => {
      if (!caughtUp) buffered.push(step)
      else if (!sent.delete(step.id)) send(step, stepFeed.position)
    })
  )
  await stepFeed.ready()

  let position = start ?? stepFeed.position
  if (start !== null) {
    // No open transaction can commit a step up to the feed's position, so this part is read in pages.
    for (let full = true; full && !stream.ended;) {
      const complete = stepFeed.position
      buffered = buffered.filter(({ id }) => id > complete)
      const page = await readSteps(owner, position, complete)
      for (const step of page) {
        await stream.drained()
        send(step, complete)
      }
      full = page.length === PAGE
      position = full ? page[PAGE - 1].id : Math.max(position, complete)
    }
    // The committed steps above it are read in one statement, so that no earlier step of an order is missing.
    for (const step of await readSteps(owner, position)) {
      await stream.drained()
      sent.add(step.id)
      send(step, position)
    }
  }
  for (let step = buffered.shift(); step; step = buffered.shift()) {
    await stream.drained()
    if (step.id > position && !sent.delete(step.id)) send(step, position)
  }
  caughtUp = true
  for (const id of sent) if (id <= stepFeed.position) sent.delete(id)
  // A client that disconnects before the first event resumes here.
  stream.mark(eventId(stepFeed.position))
}

/** In id order: one page of the steps up to `complete`, or all steps. */
async function readSteps(owner: string | null, after: number, complete?: number) {
  const orders = db.connection('orders')
  const query = orders
    .from('timeline_steps')
    .select(orders.raw(feedStepColumns))
    .where('id', '>', after)
    .if(owner, (steps) =>
      steps.whereExists((own) =>
        own.from('orders').whereColumn('orders.id', 'order_id').where('customer_id', owner!)
      )
    )
    .orderBy('id')
  if (complete !== undefined) query.where('id', '<=', complete).limit(PAGE)
  return (await query) as FeedStep[]
}

/** The id of an event; opaque to clients. */
function eventId(position: number) {
  return Buffer.from(`steps ${position}`).toString('base64url')
}

/** @returns null if no stream of ours gave this event id */
export function parsePosition(id: string): number | null {
  const match = /^steps (\d{1,15})$/.exec(Buffer.from(id, 'base64url').toString())
  return match && eventId(Number(match[1])) === id ? Number(match[1]) : null
}
