/*
 * Composes the low-stock mail, with the stock at the time of sending.
 */
import db from '@adonisjs/lucid/services/db'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import { number, plural } from '#admin/format'
import { publicUrl } from '#config/app'
import type { StaffDirectory } from '#contracts/ports/staff_directory'
import type { MailRecipient, Notification } from '#mail/mail_rows'
import { run } from '#postgres/run'

interface LowItem extends Record<string, unknown> {
  sku: string
  name: string
  available: number
  lowStockAt: number | null
  level: 'low' | 'out' | 'in'
}

const STATUS = { in: 'back in stock', low: 'low', out: 'out of stock' }

/** SKUs in one mail; the page lists all of them. */
const MOST_ROWS = 200

const lowItems = {
  name: 'low_stock_items',
  text: /* sql */ `
    select sku, name, on_hand - reserved as available, low_stock_at as "lowStockAt", level
    from stock_items where sku = any ($1::text[]) order by level desc, sku`,
}

/** Returns null for a person who has left or has unsubscribed since the mail was queued. */
export function digestComposer(staff: StaffDirectory) {
  return async ({ subject, detail }: Notification): Promise<MessageComposeCallback | null> => {
    const readers = await staff.lowStockReaders()
    const reader = readers.find(({ id }) => id === subject)
    if (!reader) return null
    const items = await run<LowItem>(db.connection('inventory'), lowItems, [detail.skus])
    const low = items.filter(({ level }) => level !== 'in')
    const content = {
      title: low.length > 0 ? titleOf(low) : `${plural(items.length, 'SKU')} ran low`,
      more: Math.max(0, items.length - MOST_ROWS),
      rows: items.slice(0, MOST_ROWS).map((item) => ({
        ...item,
        url: `${publicUrl}/admin/stock/${item.sku}`,
        units: number(item.available),
        lowAt: item.lowStockAt === null ? '–' : number(item.lowStockAt),
        status: STATUS[item.level],
      })),
      name: reader.name,
      list: `${publicUrl}/admin/stock?level=low`,
      settings: `${publicUrl}/admin/account/low-stock`,
      identity:
        reader.sends === 'daily' ? 'Your daily low-stock report.' : 'Your low-stock report.',
    }
    return (message) => {
      message
        .to(reader.email, reader.name)
        .subject(content.title)
        .htmlView('inventory::mails/low_stock', content)
        .textView('inventory::mails/low_stock_text', content)
    }
  }
}

/** The readers of low-stock mails, by account id. */
export function digestReaders(staff: StaffDirectory) {
  return async (): Promise<Map<string, MailRecipient>> => {
    const readers = await staff.lowStockReaders()
    return new Map(readers.map(({ id, name, email }) => [id, { about: name, address: email }]))
  }
}

function titleOf(items: LowItem[]) {
  const out = items.filter(({ level }) => level === 'out').length
  const low = items.length - out
  const parts = [
    out > 0 && `${plural(out, 'SKU')} out of stock`,
    low > 0 && `${out > 0 ? number(low) : plural(low, 'SKU')} running low`,
  ]
  return parts.filter(Boolean).join(', ')
}
