/*
 * The fields that messages are made of.
 */
import vine from '@vinejs/vine'

const revision = () => vine.number({ strict: true }).withoutDecimals().min(1)

/** `{ sku, quantity }`, as in every message about an order. */
export const lines = () =>
  vine.array(
    vine.object({
      sku: vine.string().minLength(1).maxLength(64),
      quantity: vine.number({ strict: true }).withoutDecimals().min(1),
    })
  )

/** `requested` is the whole target quantity, `available` what this order could have. */
export const shortages = () =>
  vine.array(
    vine.object({
      sku: vine.string(),
      requested: vine.number({ strict: true }).withoutDecimals().min(0),
      available: vine.number({ strict: true }).withoutDecimals().min(0),
    })
  )

/** An integer of minor units and an ISO 4217 code. */
export const money = () =>
  vine.object({
    amount: vine.number({ strict: true }).withoutDecimals().min(0),
    currency: vine.string().fixedLength(3),
  })

export const fields = {
  revision,
  /** The revision whose lines are held, null when none are. */
  heldRevision: () => revision().nullable(),
  lines,
  shortages,
  money,
}

export interface Line {
  sku: string
  quantity: number
}

export interface Shortage {
  sku: string
  requested: number
  available: number
}
