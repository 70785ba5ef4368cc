/*
 * What a target does to stock: pure decisions, no database.
 *
 * A target is what should be held for an order from a revision on. It moves what is held by its delta,
 * all or nothing: what cannot be met changes nothing, and what was held stays held.
 */
import type { Line, Shortage } from '#contracts/fields'

export interface Balance {
  onHand: number
  reserved: number
}

/** A locked balance. */
export interface StockBalance extends Balance {
  /** When no more than this are available the stock is low; null: never. */
  lowStockAt: number | null
  /** Whether that has been said. */
  isLow: boolean
}

/** The highest revision seen of an order, what came of it, and what is held. */
export interface Head {
  /** 0 before the first. */
  revision: number
  outcome: Outcome | null
  heldRevision: number | null
  shortages: Shortage[]
  /** SKU → pieces. */
  held: Map<string, number>
}

export type Outcome = 'reserved' | 'rejected' | 'released' | 'deducted'

export interface Target {
  revision: number
  lines: Line[]
  /** What is held has left the building. */
  deduct: boolean
}

export interface StockChange {
  sku: string
  kind: 'reserve' | 'release' | 'deduct'
  onHandDelta: number
  reservedDelta: number
}

export type Decision =
  /** An older revision: it has no effect and no answer. */
  | { kind: 'stale' }
  /** The revision at the head: the stored outcome is told again. */
  | { kind: 'repeated' }
  | { kind: 'moved'; head: Head; changes: StockChange[] }

/**
 * Decides about one target.
 *
 * @param balances - of every SKU that the target wants or the head holds; a missing one is unknown
 */
export function decide(head: Head, target: Target, balances: Map<string, Balance>): Decision {
  if (target.revision < head.revision) return { kind: 'stale' }
  if (target.revision === head.revision) return { kind: 'repeated' }
  const wanted = sumBySku(target.lines)
  if (wanted.size === 0) return empty(head, target)

  const shortages = shortagesOf(head, wanted, balances)
  if (shortages.length > 0) {
    const refused = { ...head, revision: target.revision, outcome: 'rejected' as const, shortages }
    return { kind: 'moved', head: refused, changes: [] }
  }
  return {
    kind: 'moved',
    head: {
      revision: target.revision,
      outcome: 'reserved',
      heldRevision: target.revision,
      shortages: [],
      held: wanted,
    },
    changes: deltas(head.held, wanted),
  }
}

/** A cancellation or a fulfilment: never refused, and answered also when nothing was held. */
function empty(head: Head, { revision, deduct }: Target): Decision {
  const changes = [...head.held].map(([sku, quantity]): StockChange => {
    return deduct
      ? { sku, kind: 'deduct', onHandDelta: -quantity, reservedDelta: -quantity }
      : { sku, kind: 'release', onHandDelta: 0, reservedDelta: -quantity }
  })
  const outcome = deduct ? 'deducted' : 'released'
  return {
    kind: 'moved',
    head: { revision, outcome, heldRevision: null, shortages: [], held: new Map() },
    changes,
  }
}

/** Two lines of one SKU must pass one check together. */
function sumBySku(lines: Line[]) {
  const sums = new Map<string, number>()
  for (const { sku, quantity } of lines) sums.set(sku, (sums.get(sku) ?? 0) + quantity)
  return sums
}

function shortagesOf(head: Head, wanted: Map<string, number>, balances: Map<string, Balance>) {
  const shortages: Shortage[] = []
  for (const [sku, requested] of wanted) {
    const balance = balances.get(sku)
    const own = head.held.get(sku) ?? 0
    const available = balance ? balance.onHand - balance.reserved + own : 0
    // What is held already needs no check: a smaller wish is always met.
    if (!balance || (requested > own && requested > available)) {
      shortages.push({ sku, requested, available })
    }
  }
  return shortages
}

function deltas(held: Map<string, number>, wanted: Map<string, number>): StockChange[] {
  const changes: StockChange[] = []
  for (const sku of new Set([...held.keys(), ...wanted.keys()])) {
    const delta = (wanted.get(sku) ?? 0) - (held.get(sku) ?? 0)
    if (delta === 0) continue
    const kind = delta > 0 ? 'reserve' : 'release'
    changes.push({ sku, kind, onHandDelta: 0, reservedDelta: delta })
  }
  return changes
}
