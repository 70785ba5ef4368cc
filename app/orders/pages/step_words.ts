/*
 * The steps of an order in words. What a change has changed depends on what was in force when it was asked.
 */
import { money, plural } from '#admin/format'
import type { Actor } from '#contracts/actor'
import type { Line, Shortage } from '#contracts/fields'
import type { StepRow } from '../models/step_row.ts'
import type { StepType } from '../order_status.ts'
import type { OrderStory } from '../order_story.ts'
import { total } from '../transformers/order_body.ts'
import { changesInWords } from './changes.ts'
import { short } from './standing.ts'

export interface Telling {
  title: string
  /** After the title; empty when that says it all. */
  words: string
  tone: string
}

const TITLES: Record<StepType, [title: string, tone: string]> = {
  placed: ['Placed', 'accent'],
  revised: ['Change asked', 'accent'],
  details_changed: ['Details changed', ''],
  confirmed: ['Confirmed', 'good'],
  rejected: ['Rejected', 'bad'],
  change_accepted: ['Change accepted', 'good'],
  change_declined: ['Change declined', 'bad'],
  cancelled: ['Cancelled', ''],
  fulfilled: ['Fulfilled', 'good'],
  stock_released: ['Stock is free again', ''],
  stock_deducted: ['Stock is deducted', ''],
  holding_moved: ['An earlier change was granted late', ''],
  attention: ['Attention: stock does not answer', 'warn'],
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

/** @returns what tells the steps, to be called with each in turn */
export function storyTeller({ order, revisions }: OrderStory) {
  const linesOf = (revision: number) =>
    revisions.find((one) => one.revision === revision)?.lines ?? []
  /** Whose lines the next change is held against: those asked for last, or those held. */
  let target = 1
  let held = 1
  return (step: StepRow): Telling => {
    const { revision } = step
    const type = step.type as StepType
    const { lines, changed, shortages, reason, ...parcel } = step.detail as Detail
    const [title, tone] = TITLES[type]
    const numbered =
      title + (['placed', 'revised', 'confirmed'].includes(type) ? `, revision ${revision}` : '')
    const told = (words: string): Telling => ({ title: numbered, words, tone })
    const who = by(step.actor)
    const declined = shortages && shortages.length > 0 ? short(shortages) : ''
    switch (type) {
      case 'placed': {
        const placed = linesOf(1)
        const sum = money({ amount: total(placed), currency: order.currency })
        return told(`${who}: ${plural(placed.length, 'line')}, ${sum}`)
      }
      case 'revised': {
        const words = [changesInWords(linesOf(target), lines ?? []), details(changed)]
        target = revision
        return told(`${who}: ${words.filter(Boolean).join(', ')}`)
      }
      case 'details_changed':
        return told(`${who}: ${details(changed)}`)
      case 'confirmed':
      case 'change_accepted':
        if (!declined) held = revision
        target = held
        return told(declined && `${declined}. Lines stay as before`)
      case 'change_declined':
        target = held
        return told(`${declined}. Lines stay as in revision ${held}`)
      case 'holding_moved':
        held = Math.max(held, revision - 1)
        return told('')
      case 'rejected':
        return told(declined)
      case 'cancelled':
        return told(`${who}${reason ? `: “${reason}”` : ''}`)
      case 'fulfilled': {
        const way = [parcel.carrier, parcel.trackingNumber].filter(Boolean).join(' ')
        return told(`${who}: revision ${parcel.packed} packed${way ? `, with ${way}` : ''}`)
      }
      default:
        return told('')
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
