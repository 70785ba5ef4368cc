import type { HttpContext } from '@adonisjs/core/http'
import { plural } from '#admin/format'
import { notice } from '#admin/notices'
import { findImport } from '../../imports/find_imports.ts'

/** Shows the outcome of a receipt on the next page, with an undo once it is applied. */
export async function describeReceipt(ctx: HttpContext, id: string) {
  const { status, counts, reference } = await findImport(id)
  const about = plural(counts.up, 'unit')
  const link = { href: `/admin/stock/imports/${id}`, text: 'View' }
  const of = `of ${plural(counts.rows, 'SKU')}${reference ? ` (${reference})` : ''}`
  if (status === 'applying') return notice(ctx, { about, text: `${of} are being received`, link })
  if (status !== 'applied') return notice(ctx, { about, text: `${of} were undone`, link })
  const undo = `/admin/stock/imports/${id}/reversal`
  if (counts.refused === 0) return notice(ctx, { about, text: `${of} received`, undo, link })
  const text = `${of} received, except ${plural(counts.refused, 'SKU')} that could not be applied`
  notice(ctx, { about, text, undo, link, tone: 'warn' })
}
