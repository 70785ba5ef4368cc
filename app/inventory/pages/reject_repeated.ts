/*
 * Forms ask for confirmation before they book the same goods again.
 */
import { Problem } from '#http/problem'
import { describeBooking, type Booking } from '../ledger/bookings.ts'

/**
 * @param confirmed - the id of the booking that the person has confirmed to repeat
 * @throws Problem 409 `already_booked`, unless exactly this booking was confirmed
 */
export function rejectRepeated(earlier: Booking | null, confirmed: string | undefined) {
  if (!earlier || earlier.id === confirmed) return
  const { id, at, by, importId, same } = earlier
  throw new Problem(
    'already_booked',
    `${describeBooking(earlier)}. Nothing has been saved. Confirm that you want to book it again.`,
    { members: { booking: { id, at: at.toISOString(), by, importId, same } } }
  )
}
