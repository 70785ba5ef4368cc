/*
 * Streams the steps of one order: earlier steps from the database, later steps from the feed, each once.
 */
import db from '@adonisjs/lucid/services/db'
import type { SignedIn } from '#contracts/actor'
import type { EventStream } from '#http/server/event_stream'
import { stepBody } from '../transformers/step_body.ts'
import type { StepRow } from '../../store/timeline.ts'
import { stepFeed } from '../../live/step_feed.ts'

/**
 * Sends each step of the order after `sequence`, once and in order, until the stream ends.
 *
 * @param sequence - of the last step that the reader has; 0 for none
 */
export async function followOrder(
  stream: EventStream,
  orderId: string,
  reader: SignedIn,
  sequence: number
) {
  let last = sequence
  const buffered: StepRow[] = []
  let caughtUp = false
  const send = (step: StepRow) => {
    if (step.sequence <= last) return
    // A gap should be impossible. If there is one, the client reconnects and reads the missing steps.
    if (step.sequence > last + 1) return stream.end()
    last = step.sequence
    stream.send(String(last), JSON.stringify(stepBody(step, reader)))
  }
  stream.onEnd(stepFeed.follow(orderId, (step) => (caughtUp ? send(step) : buffered.push(step))))
  await stepFeed.ready()
  if (stream.ended) return
  const before: StepRow[] = await db
    .connection('orders')
    .from('timeline_steps')
    .where('order_id', orderId)
    .where('sequence', '>', sequence)
    .orderBy('sequence')
  for (const step of before) {
    await stream.drained()
    send(step)
  }
  buffered.forEach(send)
  caughtUp = true
}
