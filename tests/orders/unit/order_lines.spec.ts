import { test } from '@japa/runner'
import fc from 'fast-check'
import type { PricedLine } from '#orders/store/order'
import { linesFor, perSku, unitsOf } from '#orders/order_lines'

const mug = (quantity: number, unitPrice: number): PricedLine => ({
  ...{ sku: 'MUG', name: 'Mug', quantity, unitPrice },
})
const at = (unitPrice: number) => ({ name: 'Mug', unitPrice })
const total = (lines: PricedLine[]) =>
  lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0)

test.group('The lines of one SKU', () => {
  test('further units are a second line at today’s price, the older price first', ({ assert }) => {
    const lines = linesFor('MUG', [mug(2, 1_250)], 5, at(1_400))
    assert.deepEqual(lines, [mug(2, 1_250), mug(3, 1_400)])
    assert.equal(total(lines), 6_700)
  })

  test('a decrease takes the newest units first', ({ assert }) => {
    const lines = [mug(2, 1_250), mug(3, 1_400)]
    assert.deepEqual(linesFor('MUG', lines, 3), [mug(2, 1_250), mug(1, 1_400)])
    assert.deepEqual(linesFor('MUG', lines, 2), [mug(2, 1_250)])
    assert.deepEqual(linesFor('MUG', lines, 1), [mug(1, 1_250)])
    assert.deepEqual(lines, [mug(2, 1_250), mug(3, 1_400)], 'what was given stays as it is')
  })

  test('further units at the price of the newest line join it', ({ assert }) => {
    assert.deepEqual(linesFor('MUG', [mug(2, 1_250)], 5, at(1_250)), [mug(5, 1_250)])
    const back = linesFor('MUG', [mug(2, 1_250), mug(3, 1_400)], 6, at(1_250))
    assert.deepEqual(back, [mug(2, 1_250), mug(3, 1_400), mug(1, 1_250)])
  })

  test('hold whatever an order is changed to, in whatever steps', ({ assert }) => {
    const steps = fc.array(
      fc.record({
        quantity: fc.integer({ min: 1, max: 50 }),
        price: fc.integer({ min: 0, max: 9 }),
      }),
      { minLength: 1, maxLength: 12 }
    )
    fc.assert(
      fc.property(steps, (changes) => {
        // The slow and obvious way: each piece with its price, the oldest first.
        let units: number[] = []
        let lines: PricedLine[] = []
        for (const { quantity, price } of changes) {
          const more = Math.max(0, quantity - units.length)
          units = [...units.slice(0, quantity), ...Array<number>(more).fill(price)]
          lines = linesFor('MUG', lines, quantity, at(price))
          assert.deepEqual(
            lines.flatMap((line) => Array<number>(line.quantity).fill(line.unitPrice)),
            units
          )
          assert.isTrue(lines.every((line) => line.quantity > 0))
          assert.isTrue(lines.every((line, n) => line.unitPrice !== lines[n + 1]?.unitPrice))
          assert.deepEqual(linesFor('MUG', lines, quantity, at(99)), lines, 'the same is no change')
          assert.deepEqual(perSku(lines), [{ sku: 'MUG', quantity }])
        }
      })
    )
  })

  test('count as their sum for everyone who knows no prices', ({ assert }) => {
    const lines = [mug(2, 1_250), { ...mug(1, 900), sku: 'PLATE' }, mug(3, 1_400)]
    assert.deepEqual(perSku(lines), [
      { sku: 'MUG', quantity: 5 },
      { sku: 'PLATE', quantity: 1 },
    ])
    assert.deepEqual([unitsOf(lines, 'MUG'), unitsOf(lines, 'NONE')], [5, 0])
  })
})
