import vine from '@vinejs/vine'
import { closed, email, sku, text, whole } from '#http/fields'

const line = () => closed({ sku: sku(), quantity: whole({ min: 1, max: 1_000_000 }) })

const shipTo = () =>
  closed({
    name: text(200),
    address: vine.array(text(200)).minLength(1).maxLength(5),
    country: vine.string().regex(/^[A-Z]{2}$/),
  })

export const placeOrderValidator = vine.compile(
  closed({
    lines: vine.array(line()).minLength(1).maxLength(100),
    email: email().optional(),
    name: text(200).optional(),
    reference: text(64).nullable().optional(),
    customerId: vine.string().uuid().nullable().optional(),
    shipTo: shipTo().nullable().optional(),
  })
)
