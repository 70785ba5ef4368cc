import type { Transport } from './transports/transport.ts'

const DAY_MS = 86_400_000

/**
 * How long inboxes must remember what they have handled: as long as anything may deliver it again, by a
 * replay of the outbox or out of its topic.
 *
 * @param outboxKept - milliseconds
 * @returns milliseconds; Infinity where the topic keeps everything
 * @throws while the broker is away
 */
export async function inboxNeeded(transport: Transport, topic: string, outboxKept: number) {
  const kept = await transport.retention(topic)
  return kept === 0 ? outboxKept : outboxKept + kept + DAY_MS
}
