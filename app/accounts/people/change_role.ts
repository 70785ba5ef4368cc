import type { Role, SignedIn } from '#contracts/actor'
import { unprocessable } from '#http/problem'
import { forgetTokens } from '../credentials/tokens.ts'
import { changeAccess } from './change_access.ts'

/** Roles of staff members. */
export const STAFF_ROLES = ['clerk', 'operator', 'admin'] as const
export type StaffRole = (typeof STAFF_ROLES)[number]

/**
 * Takes effect with the next request.
 *
 * @returns the previous role
 * @throws Problem 404 `not_found` · 409 `own_access` · 422 `invalid_fields` for a service
 */
export async function changeRole(id: string, role: StaffRole, by: SignedIn) {
  let before: Role = role
  const person = await changeAccess(id, by, (one) => {
    if (one.role === 'service')
      throw unprocessable('invalid_fields', 'The role of a service cannot be changed.')
    before = one.role
    one.role = role
  })
  forgetTokens()
  return { name: person.name, before }
}
