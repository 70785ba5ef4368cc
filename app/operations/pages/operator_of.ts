import type { HttpContext } from '@adonisjs/core/http'
import type { Operator } from '#messaging/operator_acts'

/** The person at the desk, as the record of a module's messages names them. */
export function operatorOf({ account }: HttpContext): Operator {
  return { who: account.email ? `${account.name} <${account.email}>` : account.name, why: null }
}
