import type { HttpContext } from '@adonisjs/core/http'
import { number, plural } from '#admin/format'
import { notice } from '#admin/notices'
import { findImport } from '../imports/find_imports.ts'

/** Says what a receipt has changed, with the undo once there is one. */
export async function saysReceipt(ctx: HttpContext, id: string) {
  const { status, counts, reference } = await findImport(id)
  const about = plural(counts.up, 'unit')
  const link = { href: `/admin/stock/imports/${id}`, text: 'Look' }
  const of = `of ${plural(counts.rows, 'SKU')}${reference ? `, ${reference},` : ''}`
  if (status === 'applying') {
    return notice(ctx, { about, text: `${of} are being received`, link })
  }
  if (status !== 'applied') return notice(ctx, { about, text: `${of} were undone`, link })
  const undo = `/admin/stock/imports/${id}/reversal`
  if (counts.refused === 0) return notice(ctx, { about, text: `${of} received`, undo, link })
  const text = `${of} received, but ${number(counts.refused)} of the SKUs refused`
  notice(ctx, { about, text, undo, link, tone: 'warn' })
}
