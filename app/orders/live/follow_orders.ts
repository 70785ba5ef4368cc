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
  const early: FedStep[] = []
  const known = new Set<number>()
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
      if (caughtUp) send(step, stepFeed.position)
      else early.push(step)
    })
  )
  await stepFeed.ready()
  const now = stepFeed.position
  for (let after = position ?? now; position !== null && !stream.ended;) {
    const page = await readPage(after, owner)
    for (const step of page) {
      known.add(step.id)
      send(step, now)
    }
    if (page.length < PAGE) break
    after = page[page.length - 1].id
    await stream.drained()
  }
  for (const step of early) if (!known.has(step.id)) send(step, now)
  caughtUp = true
  // Whoever goes before the first event comes back to this place.
  stream.mark(placeId(stepFeed.position))
}

async function readPage(after: number, owner: string | null): Promise<FedStep[]> {
  const orders = db.connection('orders')
  return orders
    .from('timeline_steps')
    .select(orders.raw(fedStepColumns))
    .where('id', '>', after)
    .if(owner, (query) =>
      query.whereExists((own) =>
        own.from('orders').whereColumn('orders.id', 'order_id').where('customer_id', owner!)
      )
    )
    .orderBy('id')
    .limit(PAGE)
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
