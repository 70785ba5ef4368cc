import type { Line, Shortage } from '#contracts/messages/fields'
import { formatMoney } from '../mails/money.ts'
import { totalOf } from '../order_lines.ts'
import { heldNow } from '../store/order.ts'
import type { OrderHistory } from '../queries/order_history.ts'

/** An order's history for programs. */
export function historyJson({ order, ...history }: OrderHistory) {
  return { order: { ...order, heldRevision: heldNow(order) }, ...history }
}

/** An order's history for a terminal. */
export function historyLines(history: OrderHistory): string[] {
  const { order, revisions, steps, messages, mails, deadLetters } = history
  const held = heldNow(order)
  return [
    `${order.number} is ${order.status}${order.attention ? ' and needs attention' : ''}`,
    `  ${order.id}${order.reference ? `, reference ${order.reference}` : ''}`,
    `  revision ${order.revision}, held ${held ?? 'none'}, version ${order.version}`,
    `  ${formatMoney(totalOf(order.lines), order.currency)} for ${order.name} <${order.email}>`,
    ...section(
      'Revisions',
      revisions.map(({ revision, lines }) => {
        const priced = lines.map(({ sku, quantity, unitPrice }) => {
          return `${quantity} x ${sku} at ${formatMoney(unitPrice, order.currency)}`
        })
        return `r${revision}${revision === held ? ' (in force)' : ''}  ${priced.join(', ')}`
      })
    ),
    ...section(
      'Steps',
      steps.map(({ sequence, at, type, status, revision, actor, detail }) => {
        const who = actor.kind === 'system' ? '' : ` by ${actor.kind} ${actor.name ?? ''}`.trimEnd()
        return `${sequence}  ${at.toISOString()}  ${type} → ${status} r${revision}${who}${detailText(detail)}`
      })
    ),
    ...section(
      'Messages',
      messages.map(({ id, type, publishedAt, partition, offset, resendOf }) => {
        const where = partition === null ? 'published' : `partition ${partition} offset ${offset}`
        const again = resendOf ? `, re-sends ${resendOf}` : ''
        return `${id}  ${type}  ${publishedAt ? where : 'NOT PUBLISHED YET'}${again}`
      })
    ),
    ...section(
      'Mails',
      mails.map(({ kind, revision, status, held: isHeld, attempts, sentAt, lastError }) => {
        const when = sentAt
          ? ` ${sentAt.toISOString()}`
          : ` after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`
        return `${kind} r${revision}  ${isHeld ? 'held' : status}${when}${lastError ? `: ${lastError}` : ''}`
      })
    ),
    ...section(
      'Dead letters',
      deadLetters.map(({ type, reason, error, createdAt }) => {
        return `${createdAt.toISOString()}  ${type} ${reason}${error ? `: ${error}` : ''}`
      })
    ),
  ]
}

function section(title: string, lines: string[]) {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

function detailText(detail: Record<string, unknown>) {
  const present = Object.entries(detail).filter(([, value]) => value !== null)
  if (present.length === 0) return ''
  return `  ${present.map(([name, value]) => `${name} ${text(value)}`).join(', ')}`
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(' + ')
  if (typeof value !== 'object' || value === null) return String(value)
  const { sku, quantity, requested, available } = value as Partial<Line & Shortage>
  if (quantity !== undefined) return `${quantity} x ${sku}`
  return requested === undefined ? JSON.stringify(value) : `${sku} (${available} of ${requested})`
}
