/*
 * Converts the forms of the order page to the input of the use cases. Each function throws a ValidationError.
 */
import {
  cancelOrderValidator,
  fulfilOrderValidator,
  reviseOrderValidator,
} from '../../changes/validators.ts'
import {
  cancelFormValidator,
  contactFormValidator,
  fulfilFormValidator,
  linesFormValidator,
} from '../validators.ts'

export async function linesOfForm(form: unknown) {
  const { version, skus, quantities } = await linesFormValidator.validate(form)
  const lines = skus
    .map((sku, row) => ({ sku, quantity: quantities[row] ?? 0 }))
    .filter(({ sku, quantity }) => sku !== '' && quantity > 0)
  return { version, revision: await reviseOrderValidator.validate({ lines }) }
}

/** The address has one line per row; if all its fields are empty, there is none. */
export async function contactOfForm(form: unknown) {
  const { version, email, name, reference, ...ship } = await contactFormValidator.validate(form)
  const address = (ship.shipAddress ?? '').split(/\r?\n/).filter((line) => line.trim() !== '')
  const shipTo =
    ship.shipName || ship.shipCountry || address.length > 0
      ? { name: ship.shipName || name, address, country: ship.shipCountry ?? '' }
      : null
  const contact = { email, name, reference: reference ?? null, shipTo }
  return { version, revision: await reviseOrderValidator.validate(contact) }
}

export async function cancellationOfForm(form: unknown) {
  const { version, ...cancellation } = await cancelFormValidator.validate(form)
  return { version, cancellation: await cancelOrderValidator.validate(cancellation) }
}

export async function parcelOfForm(form: unknown) {
  return fulfilOrderValidator.validate(await fulfilFormValidator.validate(form))
}
