import type { HttpContext } from '@adonisjs/core/http'
import { Problem } from './problem.ts'

/** Where a reader that comes back had stopped; null for a new one. */
export function lastEventId({ request }: HttpContext): string | null {
  return request.header('last-event-id') || null
}

/** Whoever resumed from a place that we do not know would miss events and not notice. */
export function lastEventIdInvalid() {
  return new Problem(
    400,
    'last_event_id_invalid',
    'The Last-Event-ID is not one that this stream gave. Connect without it, and the stream begins anew.'
  )
}
