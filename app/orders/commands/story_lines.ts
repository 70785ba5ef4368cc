import type { Line, Shortage } from '#contracts/fields'
import { formatMoney } from '../mails/money.ts'
import { total } from '../transformers/order_body.ts'
import type { OrderStory } from '../order_story.ts'

/** An order's story for a terminal. */
export function storyLines(story: OrderStory): string[] {
  const { order, revisions, steps, messages, mails, deadLetters } = story
  return [
    `${order.number} is ${order.status}${order.attention ? ', and needs attention' : ''}`,
    `  ${order.id}${order.reference ? `, reference ${order.reference}` : ''}`,
    `  revision ${order.revision}, held ${order.heldRevision ?? 'none'}, version ${order.version}`,
    `  ${formatMoney(total(order.lines), order.currency)} for ${order.name} <${order.email}>`,
    ...section(
      'Revisions',
      revisions.map(({ revision, lines }) => {
        const pieces = lines.map(({ sku, quantity, unitPrice }) => {
          return `${quantity} x ${sku} at ${formatMoney(unitPrice, order.currency)}`
        })
        return `r${revision}${revision === order.heldRevision ? ' (in force)' : ''}  ${pieces.join(', ')}`
      })
    ),
    ...section(
      'Steps',
      steps.map(({ sequence, at, type, status, revision, actor, detail }) => {
        const who = actor.kind === 'system' ? '' : ` by ${actor.kind} ${actor.name ?? ''}`.trimEnd()
        return `${sequence}  ${at.toISOString()}  ${type} → ${status} r${revision}${who}${words(detail)}`
      })
    ),
    ...section(
      'Messages to inventory and the world',
      messages.map(({ id, type, publishedAt, partition, offset, resendOf }) => {
        const where = partition === null ? 'published' : `partition ${partition} offset ${offset}`
        const again = resendOf ? `, ${resendOf} said again` : ''
        return `${id}  ${type}  ${publishedAt ? where : 'STILL IN THE OUTBOX'}${again}`
      })
    ),
    ...section(
      'Mails',
      mails.map(({ kind, revision, status, attempts, sentAt, lastError }) => {
        const when = sentAt
          ? ` ${sentAt.toISOString()}`
          : ` after ${attempts} ${attempts === 1 ? 'try' : 'tries'}`
        return `${kind} r${revision}  ${status}${when}${lastError ? `: ${lastError}` : ''}`
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

function words(detail: Record<string, unknown>) {
  const said = Object.entries(detail).filter(([, value]) => value !== null)
  return said.length === 0
    ? ''
    : `  ${said.map(([name, value]) => `${name} ${text(value)}`).join(', ')}`
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(' + ')
  if (typeof value !== 'object' || value === null) return String(value)
  const { sku, quantity, requested, available } = value as Partial<Line & Shortage>
  if (quantity !== undefined) return `${quantity} x ${sku}`
  return requested === undefined ? JSON.stringify(value) : `${sku} (${available} of ${requested})`
}
