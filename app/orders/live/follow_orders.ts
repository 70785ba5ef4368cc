/*
 * Following all orders that a reader may see. A resume has no gap, and may repeat the latest steps.
 */
import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import type { EventStream } from '#http/event_stream'
import { ownerFilter } from '../models/order.ts'
import { stepBody } from '../transformers/step_body.ts'
import { fedStepColumns, type FedStep } from './fed_step.ts'
import { stepFeed } from './step_feed.ts'

const PAGE = 500

/** @param position - after which to begin, as an event's id said; null: from now on */
export async function followOrders(stream: EventStream, reader: SignedIn, position: number | null) {
  const owner = ownerFilter(reader)
  let early: FedStep[] = []
  /** Ids that were sent before the feed has handed them on. */
  const ahead = new Set<number>()
  let caughtUp = false
  const send = (step: FedStep, place: number) => {
    if (owner !== null && step.customer_id !== owner) return
    const { order_id: orderId } = step
    // Later ones of the same reading may not have been sent yet.
    stream.send(
      placeId(Math.min(step.id, place)),
      JSON.stringify({ orderId, ...stepBody(step, reader) })
    )
  }
  stream.onEnd(
    stepFeed.followAll((step) => {
      if (!caughtUp) early.push(step)
      else if (!ahead.delete(step.id)) send(step, stepFeed.position)
    })
  )
  await stepFeed.ready()

  let place = position ?? stepFeed.position
  if (position !== null) {
    // Up to here nothing can commit any more, so it can be read page by page.
    for (let full = true; full && !stream.ended;) {
      const settled = stepFeed.position
      early = early.filter(({ id }) => id > settled)
      const page = await readSteps(owner, place, settled)
      for (const step of page) {
        await stream.drained()
        send(step, settled)
      }
      full = page.length === PAGE
      place = full ? page[PAGE - 1].id : Math.max(place, settled)
    }
    // Above, all that has committed is read at once: of one order nothing earlier can be missing then.
    for (const step of await readSteps(owner, place)) {
      await stream.drained()
      ahead.add(step.id)
      send(step, place)
    }
  }
  for (let step = early.shift(); step; step = early.shift()) {
    await stream.drained()
    if (step.id > place && !ahead.delete(step.id)) send(step, place)
  }
  caughtUp = true
  for (const id of ahead) if (id <= stepFeed.position) ahead.delete(id)
  // Whoever goes before the first event comes back to this place.
  stream.mark(placeId(stepFeed.position))
}

/** In the order of their ids: a page of those up to `settled`, or all. */
async function readSteps(owner: string | null, after: number, settled?: number) {
  const orders = db.connection('orders')
  const query = orders
    .from('timeline_steps')
    .select(orders.raw(fedStepColumns))
    .where('id', '>', after)
    .if(owner, (steps) =>
      steps.whereExists((own) =>
        own.from('orders').whereColumn('orders.id', 'order_id').where('customer_id', owner!)
      )
    )
    .orderBy('id')
  if (settled !== undefined) query.where('id', '<=', settled).limit(PAGE)
  return (await query) as FedStep[]
}

/** Opaque to readers. */
function placeId(place: number) {
  return Buffer.from(`steps ${place}`).toString('base64url')
}

/** @returns null for what is no place of ours */
export function placeOf(id: string): number | null {
  const match = /^steps (\d{1,15})$/.exec(Buffer.from(id, 'base64url').toString())
  return match && placeId(Number(match[1])) === id ? Number(match[1]) : null
}
