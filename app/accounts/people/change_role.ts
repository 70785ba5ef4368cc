import type { Role, SignedIn } from '#contracts/actor'
import { unprocessable } from '#http/problem'
import { lookUpAnew } from '../tokens.ts'
import { changeAccess } from './change_access.ts'

/** Those that a person of the staff may have. */
export const STAFF_ROLES = ['clerk', 'operator', 'admin'] as const
export type StaffRole = (typeof STAFF_ROLES)[number]

/**
 * Counts from the next request on.
 *
 * @returns the role of before
 * @throws Problem 404 `not_found` · 409 `own_access` · 422 `invalid_fields` for a service
 */
export async function changeRole(id: string, role: StaffRole, by: SignedIn) {
  let before: Role = role
  const person = await changeAccess(id, by, (one) => {
    if (one.role === 'service') throw unprocessable('invalid_fields', 'A service stays a service.')
    before = one.role
    one.role = role
  })
  lookUpAnew()
  return { name: person.name, before }
}
