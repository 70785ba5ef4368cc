/*
 * Renders the scan page: the open receipt, the last scan and the unknown codes.
 */
import type { HttpContext } from '@adonisjs/core/http'
import { shownSlice, sliceOf } from '#admin/pagination'
import { NOTHING_COUNTED } from '../../imports/import_record.ts'
import { findReceipt, lastScan, linesByScan } from '../../receipts/find_receipt.ts'
import { unknownCodes } from '../../receipts/unknown_codes.ts'

export const RECEIVE = '/admin/stock/receive'

/** @param key - of the scan that the request sent */
export async function renderReceive({ account, request, view }: HttpContext, key?: string) {
  const query = request.qs()
  const slice = sliceOf(query, 25)
  const [receipt, unknown] = await Promise.all([findReceipt(account), unknownCodes(account)])
  const [rows, last] = await Promise.all([
    receipt ? linesByScan(receipt, slice) : [],
    lastScan(account, receipt, key),
  ])
  return view.render('inventory::pages/receive', {
    ...{ receipt, last, unknown, counts: receipt?.counts ?? NOTHING_COUNTED },
    slice: shownSlice(rows, slice, ({ row }) => [String(row)], query),
  })
}
