import type { Actor } from '#contracts/actor'

/** A step as it is read. */
export interface StepRow {
  sequence: number
  at: Date
  type: string
  status: string
  revision: number
  actor: Actor
  message_id: string | null
  detail: Record<string, unknown>
}
