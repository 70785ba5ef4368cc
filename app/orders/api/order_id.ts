import type { HttpContext } from '@adonisjs/core/http'
import { isUuid } from '#runtime/uuid'
import { notFound } from '#http/problem'

/**
 * The order id in the address.
 *
 * @throws Problem 404 if it is not a UUID
 */
export function orderId({ params }: HttpContext): string {
  if (!isUuid(params.id)) throw notFound('order')
  return params.id
}
