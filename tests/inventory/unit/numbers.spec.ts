import { test } from '@japa/runner'
import { readNumber, readPrice } from '#inventory/imports/file/numbers'

const numbers: [text: string, digits: string | null][] = [
  ['41', '41'],
  ['41,0', '41.0'],
  ['41.00', '41.00'],
  ['1234.5', '1234.5'],
  ['1.234,50', '1234.50'],
  ['1,234.50', '1234.50'],
  ['1.234,567', '1234.567'],
  ['12.345.678', '12345678'],
  ['1 200', '1200'],
  ['1\u00A0234\u00A0567,5', '1234567.5'],
  ['1\u202F200', '1200'],
  ["1'234.50", '1234.50'],
  ['1’234.50', '1234.50'],
  ['0.500', '0.500'],
  ['1234.500', '1234.500'],
  ['1.23.456', null],
  ['1,23,456', null],
  ['1.234.50', null],
  ['1 200 3', null],
  ['0 200', null],
  ['1,', null],
  [',5', null],
  ['+5', null],
  ['1e3', null],
  ['0x10', null],
  ['١٢', null],
  ['１２', null],
]

const prices: [text: string, digits: string | null, currencies: string[]][] = [
  ['4,90 €', '4.90', ['EUR']],
  ['€4.90', '4.90', ['EUR']],
  ['EUR 4.90', '4.90', ['EUR']],
  ['4.90eur', '4.90', ['EUR']],
  ['1.234,50\u00A0€', '1234.50', ['EUR']],
  ['Ft 1 200', '1200', ['HUF']],
  ['12,50 zł', '12.50', ['PLN']],
  ['€4.90€', null, []],
  ['-4.90', null, []],
  ['4.90 each', null, []],
  ['€', null, []],
]

test.group('A number of a spreadsheet', () => {
  for (const [text, digits] of numbers) {
    test(`“${text}” is ${digits ?? 'not a number'}`, ({ assert }) => {
      assert.equal(readNumber(text)?.digits ?? null, digits)
      assert.isFalse(readNumber(text)?.ambiguous ?? false)
    })
  }

  for (const text of ['1.200', '1,200', '999.000', '12,345']) {
    test(`“${text}” is ambiguous`, ({ assert }) => {
      assert.isTrue(readNumber(text)!.ambiguous)
    })
  }

  for (const [text, digits, currencies] of prices) {
    test(`“${text}” is ${digits ? `a price of ${digits} ${currencies}` : 'not a price'}`, ({
      assert,
    }) => {
      const price = readPrice(text)
      assert.equal(price?.digits ?? null, digits)
      assert.deepEqual(price?.currencies ?? [], currencies)
    })
  }

  test('with a symbol of several currencies may be in each of them', ({ assert }) => {
    assert.includeMembers(readPrice('$4.90')!.currencies, ['USD', 'CAD', 'AUD'])
    assert.includeMembers(readPrice('49 kr')!.currencies, ['SEK', 'NOK', 'DKK'])
  })
})
