/*
 * The mail about what runs low, as things stand when it is sent.
 */
import db from '@adonisjs/lucid/services/db'
import type { MessageComposeCallback } from '@adonisjs/mail/types'
import { number, plural } from '#admin/format'
import { publicUrl } from '#config/app'
import type { StaffDirectory } from '#contracts/staff_directory'
import type { Notification } from '#mail/queue'
import { run } from '#messaging/sql'

interface LowItem extends Record<string, unknown> {
  sku: string
  name: string
  available: number
  lowStockAt: number | null
  level: 'low' | 'out' | 'in'
}

/** In one mail; the list has them all. */
const MOST_ROWS = 200

const lowItems = {
  name: 'low_stock_items',
  text: /* sql */ `
    select sku, name, on_hand - reserved as available, low_stock_at as "lowStockAt", level
    from stock_items where sku = any ($1::text[]) order by level desc, sku`,
}

/** Composes for whoever still wants it: nothing is sent to who has left or has chosen otherwise meanwhile. */
export function digestComposer(staff: StaffDirectory) {
  return async ({ subject, detail }: Notification): Promise<MessageComposeCallback | null> => {
    const readers = await staff.lowStockReaders()
    const reader = readers.find(({ id }) => id === subject)
    if (!reader) return null
    const items = await run<LowItem>(db.connection('inventory'), lowItems, [detail.skus])
    const still = items.filter(({ level }) => level !== 'in')
    const content = {
      title: still.length > 0 ? titleOf(still) : `${plural(items.length, 'SKU')} ran low`,
      more: Math.max(0, items.length - MOST_ROWS),
      rows: items.slice(0, MOST_ROWS).map((item) => ({
        ...item,
        url: `${publicUrl}/admin/stock/${item.sku}`,
        left: number(item.available),
        lowAt: item.lowStockAt === null ? '–' : number(item.lowStockAt),
        word: item.level === 'in' ? 'in stock again' : item.level,
      })),
      name: reader.name,
      list: `${publicUrl}/admin/stock?level=low`,
      choice: `${publicUrl}/admin/account/low-stock`,
      identity: reader.sends === 'daily' ? 'Your daily low-stock mail.' : 'Your low-stock mail.',
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

function titleOf(items: LowItem[]) {
  const out = items.filter(({ level }) => level === 'out').length
  const low = items.length - out
  const parts = [
    out > 0 && `${plural(out, 'SKU')} ${out === 1 ? 'is' : 'are'} out`,
    low > 0 && `${out > 0 ? number(low) : plural(low, 'SKU')} ${low === 1 ? 'runs' : 'run'} low`,
  ]
  return parts.filter(Boolean).join(', ')
}
