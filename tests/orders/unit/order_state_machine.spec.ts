import { test } from '@japa/runner'
import {
  transition,
  type MailKind,
  type OrderState,
  type EmittedType,
  type Status,
  type StepType,
  type Trigger,
} from '#orders/order_state_machine'

const state = (
  status: Status,
  revision: number,
  heldRevision: number | null = null,
  wasConfirmed = false
): OrderState => ({ status, revision, heldRevision, wasConfirmed, endAcknowledged: false })

/** An order whose confirmation was announced to the customer. */
const announced = (status: Status, revision: number, heldRevision: number) =>
  state(status, revision, heldRevision, true)

/** An ended order whose stock inventory has released or deducted. */
const acknowledged = (order: OrderState): OrderState => ({ ...order, endAcknowledged: true })

const revise: Trigger = { kind: 'revise' }
const cancel: Trigger = { kind: 'cancel' }
const fulfil = (revision: number): Trigger => ({ kind: 'fulfil', revision })
const reply = (
  outcome: 'reserved' | 'rejected' | 'released' | 'deducted',
  revision: number,
  heldRevision: number | null
): Trigger => ({ kind: 'stock_reply', outcome, revision, heldRevision })
const reserved = (revision: number) => reply('reserved', revision, revision)
const rejected = (revision: number, held: number | null = null) => reply('rejected', revision, held)
const released = (revision: number) => reply('released', revision, null)
const deducted = (revision: number) => reply('deducted', revision, null)

type Row = [
  what: string,
  from: OrderState,
  trigger: Trigger,
  to: OrderState,
  step: StepType,
  emits: EmittedType | null,
  mail: MailKind | null,
]

// prettier-ignore
const TRANSITIONS: Row[] = [
  ['pending, granted',
    state('pending', 1), reserved(1), announced('confirmed', 1, 1), 'confirmed', 'order_confirmed', 'order_confirmed'],
  ['pending, refused while nothing is held',
    state('pending', 1), rejected(1), state('rejected', 1), 'rejected', 'order_rejected', 'order_rejected'],
  ['pending, changed',
    state('pending', 1), revise, state('pending', 2), 'revised', 'order_revised', null],
  ['pending after a change, granted',
    state('pending', 2), reserved(2), announced('confirmed', 2, 2), 'confirmed', 'order_confirmed', 'order_confirmed'],
  ['pending after a change, refused while nothing is held',
    state('pending', 2), rejected(2), state('rejected', 2), 'rejected', 'order_rejected', 'order_rejected'],
  ['pending after a change, refused while the first lines are held: the first mail is the confirmation',
    state('pending', 2), rejected(2, 1), announced('confirmed', 2, 1), 'confirmed', 'order_confirmed', 'order_confirmed'],
  ['confirmed, lines changed: the held ones stay in force',
    announced('confirmed', 1, 1), revise, announced('updating', 2, 1), 'revised', 'order_revised', null],
  ['updating, granted',
    announced('updating', 2, 1), reserved(2), announced('confirmed', 2, 2), 'change_accepted', 'order_confirmed', 'change_accepted'],
  ['updating, refused: what was held stays',
    announced('updating', 2, 1), rejected(2, 1), announced('confirmed', 2, 1), 'change_declined', 'order_confirmed', 'change_declined'],
  ['updating, changed again',
    announced('updating', 2, 1), revise, announced('updating', 3, 1), 'revised', 'order_revised', null],
  ['pending, cancelled at once',
    state('pending', 1), cancel, state('cancelled', 2), 'cancelled', 'order_cancelled', 'order_cancelled'],
  ['confirmed, cancelled at once',
    announced('confirmed', 1, 1), cancel, announced('cancelled', 2, 1), 'cancelled', 'order_cancelled', 'order_cancelled'],
  ['updating, cancelled at once',
    announced('updating', 2, 1), cancel, announced('cancelled', 3, 1), 'cancelled', 'order_cancelled', 'order_cancelled'],
  ['cancelled, stock released: it keeps its last lines',
    announced('cancelled', 2, 1), released(2), acknowledged(announced('cancelled', 2, 1)), 'stock_released', null, null],
  ['confirmed, the parcel holds the lines in force',
    announced('confirmed', 2, 1), fulfil(1), announced('fulfilled', 3, 1), 'fulfilled', 'order_fulfilled', 'order_fulfilled'],
  ['fulfilled, stock deducted',
    announced('fulfilled', 3, 1), deducted(3), acknowledged(announced('fulfilled', 3, 1)), 'stock_deducted', null, null],
  ['pending, a stale grant moves what is held and no more',
    state('pending', 2), reserved(1), state('pending', 2, 1), 'holding_moved', null, null],
  ['cancelled, a stale grant moves what is held and no more',
    state('cancelled', 2), reserved(1), state('cancelled', 2, 1), 'holding_moved', null, null],
  ['updating, a stale refusal tells of a grant that was lost on the way',
    announced('updating', 4, 1), rejected(3, 2), announced('updating', 4, 2), 'holding_moved', null, null],
]

test.group('An order’s transition', () => {
  for (const [what, from, trigger, to, step, emits, mail] of TRANSITIONS) {
    test(what, ({ assert }) => {
      const before = structuredClone(from)
      assert.deepEqual(transition(from, trigger), { outcome: 'applied', to, step, emits, mail })
      assert.deepEqual(from, before)
    })
  }

  test('keeps both modules agreed when a granted change is superseded by a refused one', ({
    assert,
  }) => {
    // Two mugs at r1; r2 wants five and is granted; r3 wants five and a plate and is refused.
    let order = announced('confirmed', 1, 1)
    for (const trigger of [revise, revise, reserved(2), rejected(3, 2)])
      order = after(order, trigger)
    assert.deepEqual(order, announced('confirmed', 3, 2))
    // The same when the reply to r2 is late: the reply to r3 is enough.
    order = announced('confirmed', 1, 1)
    for (const trigger of [revise, revise, rejected(3, 2)]) order = after(order, trigger)
    assert.deepEqual(order, announced('confirmed', 3, 2))
    assert.deepEqual(transition(order, reserved(2)), { outcome: 'stale' })
  })
})

const ENDED = [state('rejected', 1), announced('cancelled', 2, 1), announced('fulfilled', 2, 1)]

test.group('A refused request names the reason', () => {
  const refusals: [why: string, froms: OrderState[], triggers: Trigger[], code: string][] = [
    ['an ended order is not open', ENDED, [revise, cancel, fulfil(1)], 'order_not_open'],
    [
      'only a confirmed order is fulfilled',
      [state('pending', 1), announced('updating', 2, 1)],
      [fulfil(1), fulfil(2)],
      'order_not_confirmed',
    ],
    [
      'a parcel of other lines is none of this order',
      [announced('confirmed', 3, 2)],
      [fulfil(1), fulfil(3)],
      'revision_moved',
    ],
  ]
  for (const [why, froms, triggers, code] of refusals) {
    test(why, ({ assert }) => {
      for (const from of froms) {
        for (const trigger of triggers) {
          assert.deepEqual(transition(from, trigger), { outcome: 'refused', code })
        }
      }
    })
  }
})

test.group('A reply has no effect', () => {
  const unmoved: [when: string, from: OrderState, reply: Trigger, outcome: string][] = [
    ['stale, with nothing new', announced('updating', 3, 2), reserved(2), 'stale'],
    ['stale, with older lines', announced('updating', 3, 2), reserved(1), 'stale'],
    ['stale, with none held', announced('confirmed', 2, 2), rejected(1), 'stale'],
    ['of a grant repeated', announced('confirmed', 1, 1), reserved(1), 'repeated'],
    ['of a decline repeated', announced('confirmed', 2, 1), rejected(2, 1), 'repeated'],
    ['of a refusal repeated', state('rejected', 1), rejected(1), 'repeated'],
    ['of a release repeated', acknowledged(announced('cancelled', 2, 1)), released(2), 'repeated'],
    [
      'of a deduction repeated',
      acknowledged(announced('fulfilled', 3, 1)),
      deducted(3),
      'repeated',
    ],
    ['from the future', state('pending', 1), reserved(2), 'unexpected'],
    ['a release of a confirmed order', announced('confirmed', 1, 1), released(1), 'unexpected'],
    ['a deduction of a pending order', state('pending', 1), deducted(1), 'unexpected'],
    ['a deduction of a cancelled order', announced('cancelled', 2, 1), deducted(2), 'unexpected'],
    ['a release of a fulfilled order', announced('fulfilled', 2, 1), released(2), 'unexpected'],
    ['a grant of a cancellation', announced('cancelled', 2, 1), reserved(2), 'unexpected'],
    ['a refusal of a cancellation', announced('cancelled', 2, 1), rejected(2, 1), 'unexpected'],
    ['a grant of a fulfilment', announced('fulfilled', 2, 1), reserved(2), 'unexpected'],
  ]
  for (const [when, from, trigger, outcome] of unmoved) {
    test(when, ({ assert }) => assert.deepEqual(transition(from, trigger) as object, { outcome }))
  }
})

test.group('Any sequence of triggers', () => {
  test('revisions only grow, what has ended stays ended, and replies affect only what they answer', ({
    assert,
  }) => {
    const triggers = everyTrigger(4)
    const seen = new Map([[JSON.stringify(state('pending', 1)), state('pending', 1)]])
    // A Map hands out what is added while it is walked: these are all the states that can be reached.
    for (const from of seen.values()) {
      for (const trigger of triggers) {
        const result = transition(from, trigger)
        if (result.outcome !== 'applied') continue
        const { to } = result
        const shown = JSON.stringify({ from, trigger, to })
        assert.isAtLeast(to.revision, from.revision, shown)
        assert.isAtLeast(to.heldRevision ?? 0, from.heldRevision ?? 0, shown)
        assert.isAtMost(to.heldRevision ?? 0, to.revision, shown)
        if (['rejected', 'cancelled', 'fulfilled'].includes(from.status)) {
          assert.deepEqual([to.status, to.revision], [from.status, from.revision], shown)
        }
        if (trigger.kind === 'stock_reply') {
          assert.equal(to.revision, from.revision, shown)
          if (to.status !== from.status) assert.equal(trigger.revision, from.revision, shown)
        }
        if (to.status === 'confirmed' || to.status === 'updating') {
          assert.isNotNull(to.heldRevision, shown)
          assert.isTrue(to.wasConfirmed, shown)
        }
        if (to.revision <= 4) seen.set(JSON.stringify(to), to)
      }
    }
    const statuses = new Set([...seen.values()].map(({ status }) => status))
    assert.equal(statuses.size, 6)
    assert.isAbove(seen.size, 40)
  })
})

function after(from: OrderState, trigger: Trigger): OrderState {
  const result = transition(from, trigger)
  return result.outcome === 'applied' ? result.to : from
}

/** Every trigger that a caller or inventory can send up to this revision. */
function everyTrigger(most: number): Trigger[] {
  const revisions = Array.from({ length: most }, (_, n) => n + 1)
  const replies = revisions.flatMap((revision) => [
    reserved(revision),
    released(revision),
    deducted(revision),
    rejected(revision),
    ...revisions.filter((held) => held < revision).map((held) => rejected(revision, held)),
  ])
  return [revise, cancel, ...revisions.map(fulfil), ...replies]
}
