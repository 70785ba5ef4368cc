import type { HttpContext } from '@adonisjs/core/http'
import { isUuid } from '#http/fields'
import { notFound } from '#http/problem'

/**
 * The order's id in the address.
 *
 * @throws Problem 404 for what cannot be one: it never reaches the database
 */
export function orderId({ params }: HttpContext): string {
  if (!isUuid(params.id)) throw notFound('order')
  return params.id
}
