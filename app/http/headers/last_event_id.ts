import type { HttpContext } from '@adonisjs/core/http'
import { Problem } from '../problem.ts'

/** The position of a reader that reconnects; null for a new reader. */
export function lastEventId({ request }: HttpContext): string | null {
  return request.header('last-event-id') || null
}

/** Rejects unknown positions, because a reader that resumes from one would miss events. */
export function lastEventIdInvalid() {
  return new Problem(
    'last_event_id_invalid',
    'Last-Event-ID is not an id of this stream. Connect without it to start again.'
  )
}
