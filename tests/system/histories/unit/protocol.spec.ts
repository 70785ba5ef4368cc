/*
 * The protocol, as the pure functions have it: whatever callers ask, in whatever order messages come,
 * however often, and with some of them lost, both sides end agreed.
 */
import { test } from '@japa/runner'
import fc from 'fast-check'
import { histories, settings } from '../history.ts'
import { SimulatedShop } from '../simulated_shop.ts'
import { tell } from '../tell.ts'

test.group('The protocol', () => {
  test('keeps its promises in thousands of random histories', async () => {
    const property = fc.asyncProperty(histories(60), (history) =>
      tell(history, async (stock) => new SimulatedShop(stock))
    )
    await fc.assert(property, settings(6_000))
  }).timeout(180_000)

  test('passes through every transition, refusal and message type', async ({ assert }) => {
    const seen: Record<string, number> = {}
    const tally = (what: string) => (seen[what] = (seen[what] ?? 0) + 1)
    for (const history of fc.sample(histories(60), { seed: 4, numRuns: 1_000 })) {
      await tell(history, async (stock) => new SimulatedShop(stock, tally))
    }
    assert.sameMembers(Object.keys(seen), [
      ...['revised', 'confirmed', 'rejected', 'change_accepted', 'change_declined', 'cancelled'],
      ...['fulfilled', 'stock_released', 'stock_deducted', 'holding_moved'],
      ...['order_not_open', 'order_not_confirmed', 'revision_moved'],
      ...['stale reply', 'repeated reply', 'stale target', 'repeated target'],
      ...['reserved', 'released', 'deducted'],
    ])
    assert.isAtLeast(Math.min(...Object.values(seen)), 30)
  })
})
