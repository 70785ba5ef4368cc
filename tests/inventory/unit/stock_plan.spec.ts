import { test } from '@japa/runner'
import type { Line } from '#contracts/messages/fields'
import {
  decide,
  NEW_HEAD,
  type Head,
  type StockChange,
  type Target,
} from '#inventory/reservations/stock_plan'
import type { Balance } from '#inventory/ledger/balance'

type Pieces = Record<string, number>

const lines = (wanted: Pieces): Line[] =>
  Object.entries(wanted).map(([sku, quantity]) => ({ sku, quantity }))

const target = (revision: number, wanted: Pieces, deduct = false): Target => ({
  revision,
  lines: lines(wanted),
  deduct,
})

/** An order that holds these pieces since this revision. */
const holding = (revision: number, pieces: Pieces): Head => ({
  revision,
  outcome: 'reserved',
  heldRevision: revision,
  shortages: [],
  held: new Map(Object.entries(pieces)),
})

/** SKU → [on hand, reserved]. */
const stock = (balances: Record<string, [number, number]>) =>
  new Map(Object.entries(balances).map(([sku, [onHand, reserved]]) => [sku, { onHand, reserved }]))

const change = (
  kind: StockChange['kind'],
  sku: string,
  reservedDelta: number,
  onHandDelta = 0
): StockChange => ({ sku, kind, onHandDelta, reservedDelta })

test.group('A target', () => {
  test('of a new order reserves every line', ({ assert }) => {
    const balances = stock({ CUP: [10, 3], SAUCER: [4, 0] })
    assert.deepEqual(decide(NEW_HEAD, target(1, { CUP: 7, SAUCER: 4 }), balances), {
      kind: 'changed',
      head: holding(1, { CUP: 7, SAUCER: 4 }),
      changes: [change('reserve', 'CUP', 7), change('reserve', 'SAUCER', 4)],
    })
  })

  test('with other pieces changes the reservation by the difference', ({ assert }) => {
    const head = holding(1, { CUP: 5, SAUCER: 2, SPOON: 1 })
    const balances = stock({ CUP: [5, 5], SAUCER: [9, 2], SPOON: [1, 1], FORK: [1, 0] })
    assert.deepEqual(decide(head, target(2, { CUP: 3, SAUCER: 6, FORK: 1 }), balances), {
      kind: 'changed',
      head: holding(2, { CUP: 3, SAUCER: 6, FORK: 1 }),
      changes: [
        change('release', 'CUP', -2),
        change('reserve', 'SAUCER', 4),
        change('release', 'SPOON', -1),
        change('reserve', 'FORK', 1),
      ],
    })
  })

  test('with the held pieces changes nothing and is granted', ({ assert }) => {
    const decision = decide(holding(1, { CUP: 5 }), target(2, { CUP: 5 }), stock({ CUP: [5, 5] }))
    assert.deepEqual(decision, { kind: 'changed', head: holding(2, { CUP: 5 }), changes: [] })
  })

  test('beyond the stock changes nothing and keeps the reservation', ({ assert }) => {
    const head = holding(1, { CUP: 2 })
    const balances = stock({ CUP: [6, 5], SAUCER: [10, 0], SPOON: [3, 3] })
    // Of the cups this order could have the one that is free and its own two.
    assert.deepEqual(decide(head, target(2, { SAUCER: 4, CUP: 4, SPOON: 1 }), balances), {
      kind: 'changed',
      head: {
        revision: 2,
        outcome: 'rejected',
        heldRevision: 1,
        shortages: [
          { sku: 'CUP', requested: 4, available: 3 },
          { sku: 'SPOON', requested: 1, available: 0 },
        ],
        held: new Map([['CUP', 2]]),
      },
      changes: [],
    })
  })

  test('can reserve the last piece, but not one more', ({ assert }) => {
    const balances = stock({ CUP: [10, 6] })
    assert.equal(headAfter(NEW_HEAD, target(1, { CUP: 4 }), balances).outcome, 'reserved')
    const { outcome, shortages } = headAfter(NEW_HEAD, target(1, { CUP: 5 }), balances)
    assert.equal(outcome, 'rejected')
    assert.deepEqual(shortages, [{ sku: 'CUP', requested: 5, available: 4 }])
  })

  test('passes one check for two lines of one SKU', ({ assert }) => {
    const twice = { ...target(1, {}), lines: [...lines({ CUP: 3 }), ...lines({ CUP: 3 })] }
    const refused = headAfter(NEW_HEAD, twice, stock({ CUP: [5, 0] }))
    assert.deepEqual(refused.shortages, [{ sku: 'CUP', requested: 6, available: 5 }])
    const granted = decide(NEW_HEAD, twice, stock({ CUP: [6, 0] }))
    assert.deepEqual(granted, {
      kind: 'changed',
      head: holding(1, { CUP: 6 }),
      changes: [change('reserve', 'CUP', 6)],
    })
  })

  test('of an unknown SKU has none available', ({ assert }) => {
    const { outcome, heldRevision, shortages } = headAfter(
      NEW_HEAD,
      target(1, { CUP: 1, GHOST: 2 }),
      stock({ CUP: [5, 0] })
    )
    assert.deepEqual([outcome, heldRevision], ['rejected', null])
    assert.deepEqual(shortages, [{ sku: 'GHOST', requested: 2, available: 0 }])
  })

  test('with fewer pieces is granted, even if the stock is overbooked', ({ assert }) => {
    const balances = stock({ CUP: [5, 9] })
    const less = headAfter(holding(1, { CUP: 8 }), target(2, { CUP: 7 }), balances)
    assert.equal(less.outcome, 'reserved')
    const more = headAfter(holding(1, { CUP: 8 }), target(2, { CUP: 9 }), balances)
    assert.equal(more.outcome, 'rejected')
  })
})

test.group('An empty target', () => {
  test('releases everything', ({ assert }) => {
    const head = holding(1, { CUP: 2, SAUCER: 1 })
    assert.deepEqual(decide(head, target(2, {}), stock({ CUP: [2, 2], SAUCER: [1, 1] })), {
      kind: 'changed',
      head: { ...NEW_HEAD, revision: 2, outcome: 'released' },
      changes: [change('release', 'CUP', -2), change('release', 'SAUCER', -1)],
    })
  })

  test('of a fulfilment deducts the held pieces', ({ assert }) => {
    const head = holding(1, { CUP: 2 })
    assert.deepEqual(decide(head, target(2, {}, true), stock({ CUP: [9, 4] })), {
      kind: 'changed',
      head: { ...NEW_HEAD, revision: 2, outcome: 'deducted' },
      changes: [change('deduct', 'CUP', -2, -2)],
    })
  })

  test('gets a reply even if nothing is held or the order is unknown', ({ assert }) => {
    const refused = headAfter(NEW_HEAD, target(1, { CUP: 1 }), stock({}))
    for (const head of [NEW_HEAD, refused]) {
      assert.deepEqual(decide(head, target(2, {}), stock({})), {
        kind: 'changed',
        head: { ...NEW_HEAD, revision: 2, outcome: 'released' },
        changes: [],
      })
    }
  })
})

test.group('A target received', () => {
  test('twice gets its reply again and changes nothing', ({ assert }) => {
    const again = decide(holding(3, { CUP: 1 }), target(3, { CUP: 9 }), stock({ CUP: [99, 1] }))
    assert.deepEqual(again, { kind: 'repeated' })
  })

  test('after a newer one has no effect', ({ assert }) => {
    const cancelled = headAfter(NEW_HEAD, target(2, {}), stock({}))
    const late = decide(cancelled, target(1, { CUP: 1 }), stock({ CUP: [5, 0] }))
    assert.deepEqual(late, { kind: 'stale' })
  })
})

test.group('Thousands of random targets', () => {
  for (const seed of [1, 2, 3]) {
    test(`never oversell and never lose a piece (seed ${seed})`, ({ assert }) => {
      const random = randomFrom(seed)
      const upTo = (most: number) => Math.floor(random() * (most + 1))
      const skus = ['A', 'B', 'C', 'D']
      const balances = new Map(skus.map((sku) => [sku, { onHand: 5 + upTo(20), reserved: 0 }]))
      const heads = Array.from({ length: 40 }, (): Head => NEW_HEAD)
      const outcomes: Record<string, number> = {}

      for (let n = 0; n < 5_000; n++) {
        const at = upTo(heads.length - 1)
        const revision = Math.max(1, heads[at].revision + upTo(3) - 1)
        const wanted = Array.from({ length: upTo(3) }, () => ({
          sku: [...skus, 'GHOST'][upTo(random() < 0.05 ? 4 : 3)],
          quantity: 1 + upTo(5),
        }))
        const deduct = wanted.length === 0 && random() < 0.3
        const decision = decide(heads[at], { revision, lines: wanted, deduct }, balances)
        const outcome = decision.kind === 'changed' ? decision.head.outcome! : decision.kind
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        if (decision.kind === 'changed') {
          apply(decision.changes, balances)
          heads[at] = decision.head
        }
        if (random() < 0.05) balances.get(skus[upTo(3)])!.onHand += upTo(9)
        for (const [sku, { onHand, reserved }] of balances) {
          const held = heads.reduce((sum, head) => sum + (head.held.get(sku) ?? 0), 0)
          assert.isTrue(reserved >= 0 && reserved <= onHand, `${sku} after target ${n}`)
          assert.equal(reserved, held, `${sku} after target ${n}`)
        }
      }
      assert.sameMembers(Object.keys(outcomes), [
        ...['reserved', 'rejected', 'released', 'deducted'],
        ...['stale', 'repeated'],
      ])
      assert.isTrue(Object.values(outcomes).every((count) => count > 100))
    })
  }
})

function headAfter(head: Head, wanted: Target, balances: Map<string, Balance>): Head {
  const decision = decide(head, wanted, balances)
  if (decision.kind !== 'changed') throw new Error(`the target was ${decision.kind}`)
  return decision.head
}

function apply(changes: StockChange[], balances: Map<string, Balance>) {
  for (const { sku, onHandDelta, reservedDelta } of changes) {
    const balance = balances.get(sku)!
    balance.onHand += onHandDelta
    balance.reserved += reservedDelta
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
