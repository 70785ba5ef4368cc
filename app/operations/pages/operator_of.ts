import type { HttpContext } from '@adonisjs/core/http'
import type { Operator } from '#console/operator'

/** The signed-in operator, as operator actions name them. */
export function operatorOf({ account }: HttpContext): Operator {
  return { who: account.email ? `${account.name} <${account.email}>` : account.name, why: null }
}
