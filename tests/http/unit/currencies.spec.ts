import { test } from '@japa/runner'
import { money } from '#admin/format'
import { currencies, decimalsOf, majorUnits } from '#http/currencies'
import { formatMoney } from '#orders/mails/money'

/** As ISO 4217 List One of 2026-01-01 has them. */
const DECIMALS = {
  ...{ AFN: 2, ALL: 2, COP: 2, HUF: 2, IDR: 2, IRR: 2, KPW: 2, LAK: 2, LBP: 2, MGA: 2, MMK: 2 },
  ...{ PKR: 2, SOS: 2, SYP: 2, YER: 2, IQD: 3, MRU: 2, EUR: 2, VED: 2, SLE: 2, ZWG: 2, XCG: 2 },
  ...{ JPY: 0, CLP: 0, ISK: 0, UGX: 0, UYI: 0, KWD: 3, BHD: 3, TND: 3, CLF: 4, UYW: 4 },
}
const NOT_ACTIVE = ['HRK', 'SLL', 'ZWL', 'ANG', 'CUC', 'BGN', 'XAU', 'XDR', 'XXX', 'XTS', 'DEM']

test.group('A currency', () => {
  test('has the decimals of ISO 4217, whatever the runtime says', ({ assert }) => {
    for (const [code, decimals] of Object.entries(DECIMALS)) {
      assert.equal(decimalsOf(code), decimals, code)
      assert.isTrue(currencies.has(code), code)
    }
    assert.lengthOf([...currencies], 165)
  })

  test('that has been withdrawn, or has no minor units, is not active', ({ assert }) => {
    for (const code of NOT_ACTIVE) assert.isFalse(currencies.has(code), code)
  })

  test('is shown alike on pages, in mails and in files', ({ assert }) => {
    const shown: [amount: number, currency: string, page: string, mail: string, file: string][] = [
      [100_000, 'HUF', 'HUF\u202F1\u202F000.00', 'HUF\u00A01,000.00', '1000.00'],
      [1_234, 'IQD', 'IQD\u202F1.234', 'IQD\u00A01.234', '1.234'],
      [1_234, 'KWD', 'KWD\u202F1.234', 'KWD\u00A01.234', '1.234'],
      [1_234, 'JPY', '¥\u202F1\u202F234', '¥1,234', '1234'],
      [7, 'EUR', '€\u202F0.07', '€0.07', '0.07'],
      [150, 'SLL', 'SLL\u202F1.50', 'SLL\u00A01.50', '1.50'],
      [Number.MAX_SAFE_INTEGER, 'EUR', '€\u202F90\u202F071\u202F992\u202F547\u202F409.91', '€90,071,992,547,409.91', '90071992547409.91'], // prettier-ignore
    ]
    for (const [amount, currency, page, mail, file] of shown) {
      assert.equal(money({ amount, currency }), page)
      assert.equal(formatMoney(amount, currency), mail)
      assert.equal(majorUnits({ amount, currency }), file)
    }
  })

  test('of a foreign producer may be none at all, and is shown as it is', ({ assert }) => {
    assert.equal(money({ amount: 150, currency: '1€!' }), '1€!\u202F1.50')
  })
})
