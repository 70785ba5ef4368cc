import { test } from '@japa/runner'
import { checkDigitOf, gtinOf, hasCheckDigit, isBarcode } from '#inventory/products/gtin'

test.group('A barcode as a GTIN', () => {
  test('{0} has its check digit')
    .with(['96385074', '036000291452', '4006381333931', '10036000291459', '00012348'])
    .run(({ assert }, barcode) => {
      assert.isTrue(hasCheckDigit(barcode))
      for (let digit = 0; digit < 10; digit++) {
        const other = `${barcode.slice(0, -1)}${digit}`
        assert.equal(hasCheckDigit(other), other === barcode, other)
        assert.equal(checkDigitOf(other), barcode.at(-1))
      }
    })

  test('is the same code with and without leading zeros', ({ assert }) => {
    const forms = ['036000291452', '0036000291452', '00036000291452'].map(gtinOf)
    assert.deepEqual(new Set(forms), new Set(['00036000291452']))
    assert.equal(gtinOf('96385074'), '00000096385074')
  })

  test('has 8, 12, 13 or 14 digits', ({ assert }) => {
    for (const code of ['1234567', '123456789', '12345678901', '123456789012345', '12345678x']) {
      assert.isFalse(isBarcode(code), code)
    }
  })
})
