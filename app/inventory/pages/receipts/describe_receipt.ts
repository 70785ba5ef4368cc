import type { HttpContext } from '@adonisjs/core/http'
import { day, plural, time } from '#admin/format'
import { notice } from '#admin/notices'
import { findImport } from '../../imports/find_imports.ts'

/**
 * Shows the outcome of a receipt on the next page, with an undo once it is applied.
 *
 * @param repeated - the receipt was applied before this request
 */
export async function describeReceipt(ctx: HttpContext, id: string, repeated: boolean) {
  const { status, counts, reference, actor, booked_at: booked } = await findImport(id)
  const about = plural(counts.up, 'unit')
  const link = { href: `/admin/stock/imports/${id}`, text: 'View' }
  const of = `of ${plural(counts.rows, 'SKU')}${reference ? ` (${reference})` : ''}`
  if (repeated && booked) {
    const when = `${day(booked, ctx.zone)} ${time(booked, ctx.zone).text}`
    const text = `${of} had been booked before, by ${actor.name}, ${when}. Nothing was booked twice.`
    return notice(ctx, { about, text, link, tone: 'warn' })
  }
  if (status === 'applying') return notice(ctx, { about, text: `${of} are being received`, link })
  if (status !== 'applied') return notice(ctx, { about, text: `${of} were undone`, link })
  const undo = `/admin/stock/imports/${id}/reversal`
  if (counts.refused === 0) return notice(ctx, { about, text: `${of} received`, undo, link })
  const text = `${of} received, except ${plural(counts.refused, 'SKU')} that could not be applied`
  notice(ctx, { about, text, undo, link, tone: 'warn' })
}
