import type { Transport } from '../transports/transport.ts'

const DAY_MS = 86_400_000

/**
 * How long inboxes must keep the ids of handled messages: for as long as a replay of the outbox or the
 * topic may deliver them again.
 *
 * @param outboxKept - milliseconds
 * @returns milliseconds; Infinity where the topic keeps everything
 * @throws TransportUnavailable
 */
export async function minimumInboxRetention(
  transport: Transport,
  topic: string,
  outboxKept: number
) {
  const kept = await transport.retention(topic)
  return kept === 0 ? outboxKept : outboxKept + kept + DAY_MS
}
