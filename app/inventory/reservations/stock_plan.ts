/*
 * Decides how a target changes stock, without a database.
 *
 * A target states the lines that should be reserved for an order as of a revision. It is met completely
 * or not at all: if stock is short, nothing changes and the order keeps what it holds.
 */
import type { Line, Shortage } from '#contracts/messages/fields'
import type { Balance } from '../ledger/balance.ts'

/** The state of an order's reservation: the highest revision seen, its outcome, and the units held. */
export interface Head {
  /** 0 before the first target. */
  revision: number
  outcome: Outcome | null
  heldRevision: number | null
  shortages: Shortage[]
  /** SKU → units. */
  held: Map<string, number>
}

/** The head of an order before its first target. */
export const NEW_HEAD: Readonly<Head> = {
  revision: 0,
  outcome: null,
  heldRevision: null,
  shortages: [],
  held: new Map(),
}

export type Outcome = 'reserved' | 'rejected' | 'released' | 'deducted'

export interface Target {
  revision: number
  lines: Line[]
  /** The order has shipped: deduct the held units from on hand. */
  deduct: boolean
}

export interface StockChange {
  sku: string
  kind: 'reserve' | 'release' | 'deduct'
  onHandDelta: number
  reservedDelta: number
}

export type Decision =
  /** An older revision: no effect, no reply. */
  | { kind: 'stale' }
  /** The revision at the head: reply with the stored outcome again. */
  | { kind: 'repeated' }
  | { kind: 'changed'; head: Head; changes: StockChange[] }

/**
 * Decides on one target.
 *
 * @param balances - of all SKUs that the target wants or the head holds; a missing SKU is unknown
 */
export function decide(head: Head, target: Target, balances: Map<string, Balance>): Decision {
  if (target.revision < head.revision) return { kind: 'stale' }
  if (target.revision === head.revision) return { kind: 'repeated' }
  const wanted = sumBySku(target.lines)
  if (wanted.size === 0) return releaseAll(head, target)

  const shortages = shortagesOf(head, wanted, balances)
  if (shortages.length > 0) {
    const rejected = { ...head, revision: target.revision, outcome: 'rejected' as const, shortages }
    return { kind: 'changed', head: rejected, changes: [] }
  }
  return {
    kind: 'changed',
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

/** A cancellation or a fulfilment. It is never rejected, even when the order holds nothing. */
function releaseAll(head: Head, { revision, deduct }: Target): Decision {
  const changes = [...head.held].map(([sku, quantity]): StockChange => {
    return deduct
      ? { sku, kind: 'deduct', onHandDelta: -quantity, reservedDelta: -quantity }
      : { sku, kind: 'release', onHandDelta: 0, reservedDelta: -quantity }
  })
  const outcome = deduct ? 'deducted' : 'released'
  return {
    kind: 'changed',
    head: { ...NEW_HEAD, revision, outcome },
    changes,
  }
}

/** Lines with the same SKU are checked as one. */
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
    // The order may always keep units that it already holds, or fewer.
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
