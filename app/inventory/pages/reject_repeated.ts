/*
 * Forms ask for confirmation before they book the same goods again.
 */
import { Problem } from '#http/problem'
import type { Booking } from '../ledger/bookings.ts'

/**
 * @param confirmed - the id of the booking that the person has confirmed to repeat
 * @throws Problem 409 `already_booked`, unless exactly this booking was confirmed
 */
export function rejectRepeated(earlier: Booking | null, confirmed: string | undefined) {
  if (!earlier || earlier.id === confirmed) return
  const { id, at, by, importId, same } = earlier
  const what =
    same === 'file' ? 'This file was applied before' : 'A delivery with this reference was booked'
  throw new Problem(
    'already_booked',
    `${what}, by ${by.name ?? 'Quartermaster'}. Nothing has been saved. Confirm that you want to book it again.`,
    { members: { booking: { id, at: at.toISOString(), by, importId, same } } }
  )
}
