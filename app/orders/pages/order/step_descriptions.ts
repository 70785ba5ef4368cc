/*
 * Describes the steps of an order. The description of a change depends on the lines that it replaced.
 */
import { money, plural } from '#admin/format'
import type { Actor } from '#contracts/actor'
import type { Line, Shortage } from '#contracts/messages/fields'
import type { StepRow } from '../../store/timeline.ts'
import type { StepType } from '../../order_state_machine.ts'
import type { OrderHistory } from '../../queries/order_history.ts'
import { totalOf } from '../../order_lines.ts'
import { describeChanges, describeShortages } from './describe_lines.ts'

export interface StepDescription {
  title: string
  /** Follows the title; can be empty. */
  text: string
  tone: string
}

const TITLES: Record<StepType, [title: string, tone: string]> = {
  placed: ['Placed', 'accent'],
  revised: ['Change requested', 'accent'],
  details_changed: ['Details changed', ''],
  confirmed: ['Confirmed', 'good'],
  rejected: ['Rejected', 'bad'],
  change_accepted: ['Change accepted', 'good'],
  change_declined: ['Change declined', 'bad'],
  cancelled: ['Cancelled', ''],
  fulfilled: ['Fulfilled', 'good'],
  stock_released: ['Stock released', ''],
  stock_deducted: ['Stock deducted', ''],
  holding_moved: ['Earlier change accepted late', ''],
  attention: ['Needs attention: stock does not reply', 'warn'],
}

const DETAILS: Record<string, string> = { shipTo: 'address', email: 'e-mail' }

interface Detail {
  lines?: Line[]
  changed?: string[]
  shortages?: Shortage[]
  reason?: string | null
  packed?: number
  carrier?: string | null
  trackingNumber?: string | null
}

/** @returns a function that describes the steps; call it with each step, in order */
export function stepDescriber({ order, revisions }: OrderHistory) {
  const linesOf = (revision: number) =>
    revisions.find((one) => one.revision === revision)?.lines ?? []
  /** The revision that the next change is compared with. */
  let target = 1
  let held = 1
  return (step: StepRow): StepDescription => {
    const { revision } = step
    const type = step.type as StepType
    const { lines = [], changed, shortages = [], reason, ...parcel } = step.detail as Detail
    const [title, tone] = TITLES[type]
    const numbered =
      title + (['placed', 'revised', 'confirmed'].includes(type) ? `, revision ${revision}` : '')
    const described = (text: string): StepDescription => ({ title: numbered, text, tone })
    const who = by(step.actor)
    const declined = describeShortages(shortages)
    switch (type) {
      case 'placed': {
        const placed = linesOf(1)
        const sum = money({ amount: totalOf(placed), currency: order.currency })
        return described(`${who}: ${plural(placed.length, 'line')}, ${sum}`)
      }
      case 'revised': {
        const parts = [describeChanges(linesOf(target), lines), details(changed)]
        target = revision
        return described(`${who}: ${parts.filter(Boolean).join(', ')}`)
      }
      case 'details_changed':
        return described(`${who}: ${details(changed)}`)
      case 'confirmed':
      case 'change_accepted':
        if (!declined) held = revision
        target = held
        return described(declined && `${declined}. Lines are unchanged`)
      case 'change_declined':
        target = held
        return described(`${declined}. Lines of revision ${held} stay in force`)
      case 'holding_moved':
        held = Math.max(held, revision - 1)
        return described('')
      case 'cancelled':
        return described(`${who}${reason ? `: “${reason}”` : ''}`)
      case 'fulfilled': {
        const way = [parcel.carrier, parcel.trackingNumber].filter(Boolean).join(' ')
        return described(`${who}: revision ${parcel.packed}${way ? ` with ${way}` : ''}`)
      }
      default:
        return described(declined)
    }
  }
}

function details(changed: string[] = []) {
  return changed.map((field) => DETAILS[field] ?? field).join(', ')
}

function by({ kind, name }: Actor): string {
  if (kind === 'system') return ''
  return kind === 'customer' ? 'by the customer' : `by ${name ?? kind}`
}
