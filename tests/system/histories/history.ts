/*
 * A random history: what callers ask, what happens to messages on their way, and when. Plain data, so
 * that fast-check can print and shrink it.
 */
import fc from 'fast-check'
import type { Line } from '#contracts/messages/fields'

/** The last one is never in stock. */
export const SKUS = ['CUP', 'MUG', 'POT', 'GHOST']
export const STOCKED = SKUS.slice(0, -1)

export interface History {
  /** Pieces on hand of each stocked SKU at the beginning. */
  stock: number[]
  actions: Action[]
}

/** `order` and `nth` count around: the seventh of three orders is the first. */
export type Action =
  | { do: 'place'; lines: Line[] }
  | { do: 'revise'; order: number; lines: Line[] }
  | { do: 'cancel'; order: number }
  | { do: 'fulfil'; order: number; packed: 'in force' | 'another' }
  | { do: 'restock'; sku: string; quantity: number }
  | { do: 'sweep'; order: number }
  | { do: 'deliver'; to: Side; nth: number; count: number; fate: Fate }

export type Side = 'inventory' | 'orders'

/**
 * `again`: the messages are handled, and come once more later. `lost`: where the transport may lose
 * some. `crash`: the consumer dies before it commits.
 */
export type Fate = 'once' | 'again' | 'lost' | 'crash'

const order = fc.nat(3)
/** Mostly of what there is, and little of it. */
const lines: fc.Arbitrary<Line[]> = fc.array(
  fc.record({
    sku: fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(...STOCKED) },
      { weight: 1, arbitrary: fc.constantFrom(...SKUS) }
    ),
    quantity: fc.integer({ min: 1, max: 4 }),
  }),
  { minLength: 1, maxLength: 3 }
)

function act<Kind extends Action['do']>(
  kind: Kind,
  weight: number,
  fields: { [Name in keyof Omit<Extract<Action, { do: Kind }>, 'do'>]: fc.Arbitrary<unknown> }
) {
  return { weight, arbitrary: fc.record({ do: fc.constant(kind), ...fields }) }
}

/** In order three times of four; else any message may overtake the others. */
const nth = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(9) })
const fate = fc.oneof(
  { weight: 7, arbitrary: fc.constant('once') },
  { weight: 2, arbitrary: fc.constant('again') },
  { weight: 1, arbitrary: fc.constant('lost') },
  { weight: 1, arbitrary: fc.constant('crash') }
)

const callers = [
  act('place', 3, { lines }),
  act('revise', 5, { order, lines }),
  act('cancel', 1, { order }),
  act('fulfil', 4, { order, packed: fc.constantFrom('in force', 'in force', 'another') }),
  act('restock', 1, {
    sku: fc.constantFrom(...STOCKED),
    quantity: fc.integer({ min: 1, max: 4 }),
  }),
]
const transport = [
  act('sweep', 2, { order }),
  act('deliver', 18, {
    to: fc.constantFrom<Side>('inventory', 'orders'),
    nth,
    count: fc.integer({ min: 1, max: 3 }),
    fate,
  }),
]

/** @param longest - actions */
export function histories(longest: number): fc.Arbitrary<History> {
  const action = fc.oneof(...callers, ...transport) as fc.Arbitrary<Action>
  return fc.record({
    stock: fc.array(fc.oneof(fc.nat(5), fc.nat(20)), {
      minLength: STOCKED.length,
      maxLength: STOCKED.length,
    }),
    actions: fc.array(action, { minLength: 1, maxLength: longest, size: 'max' }),
  })
}

export type Request = Exclude<Action, { do: 'sweep' } | { do: 'deliver' }>

/** So many lists of what callers ask, so many requests each, for a transport of its own. */
export function requests(callersAtOnce: number, each: number): Request[][] {
  const one = fc.array(fc.oneof(...callers) as fc.Arbitrary<Request>, {
    minLength: each,
    maxLength: each,
  })
  return fc.sample(one, { seed: seed(), numRuns: callersAtOnce })
}

/**
 * The settings of a run: `HISTORY_SEED` walks other histories, `HISTORY_RUNS` more or fewer,
 * `HISTORY_PATH` goes straight to the one that a failure named, `HISTORY_SHRINK=off` leaves it as it is.
 */
export function settings(runs: number): fc.Parameters<unknown> {
  const { HISTORY_RUNS, HISTORY_PATH: path, HISTORY_SHRINK } = process.env
  return {
    seed: seed(),
    numRuns: HISTORY_RUNS ? Number(HISTORY_RUNS) : runs,
    ...(path && { path }),
    endOnFailure: HISTORY_SHRINK === 'off',
    includeErrorInReport: true,
  }
}

export function seed() {
  return Number(process.env.HISTORY_SEED ?? 4)
}
