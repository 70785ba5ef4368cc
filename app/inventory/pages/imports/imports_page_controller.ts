import type { HttpContext } from '@adonisjs/core/http'
import db from '@adonisjs/lucid/services/db'
import { sendSpreadsheet } from '#admin/csv'
import { shownSlice, sliceOf } from '#admin/pagination'
import { wrongRowsCsv } from '../../imports/errors_csv.ts'
import { findImport, listImports } from '../../imports/find_imports.ts'
import { importRetention } from '#config/app'
import { describeBooking, earlierBooking } from '../../ledger/bookings.ts'
import { importCsv, positionOf, readImportRows } from './import_rows.ts'
import { importView } from './import_view.ts'
import { importFilterValidator } from '../validators.ts'

/** The list of imports and receipts, and the page of one of them. */
export default class ImportsPageController {
  async index({ request, view }: HttpContext) {
    const query = request.qs()
    const slice = sliceOf(query)
    const shown = shownSlice(await listImports(slice), slice, ({ id }) => [id], query)
    return view.render('inventory::pages/imports', {
      slice: { ...shown, rows: shown.rows.map(importView) },
    })
  }

  async show({ params, request, view }: HttpContext) {
    const query = request.qs()
    const slice = sliceOf(query)
    const { show: requested } = await importFilterValidator.validate(query)
    const record = await findImport(params.id)
    const it = importView(record)
    const earlier = await earlierBooking(db.connection('inventory'), record)
    const show = requested ?? (it.effective > 0 ? 'changes' : 'all')
    const rows = it.progress ? [] : await readImportRows(it.id, show, slice)
    return view.render('inventory::pages/import', {
      ...{ it, show, query, counts: it.counts, rowDays: importRetention / 86_400_000 },
      earlier: earlier && { ...earlier, text: describeBooking(earlier) },
      slice: shownSlice(rows, slice, (row) => positionOf(row, show), query),
    })
  }

  async errors(ctx: HttpContext) {
    return sendSpreadsheet(ctx, 'errors.csv', wrongRowsCsv(await findImport(ctx.params.id)))
  }

  async rows(ctx: HttpContext) {
    const { show = 'all' } = await importFilterValidator.validate(ctx.request.qs())
    const { id } = await findImport(ctx.params.id)
    return sendSpreadsheet(ctx, `import-${show}.csv`, importCsv(id, show))
  }
}
