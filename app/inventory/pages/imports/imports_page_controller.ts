import { Readable } from 'node:stream'
import type { HttpContext } from '@adonisjs/core/http'
import { shownSlice, sliceOf } from '#admin/slices'
import { errorsCsv } from '../../imports/errors_csv.ts'
import { findImport, listImports } from '../../imports/find_imports.ts'
import { importLines, positionOf, readImportRows } from './import_rows.ts'
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
    const it = importView(await findImport(params.id))
    const show = requested ?? (it.effective > 0 ? 'changes' : 'all')
    const rows = it.progress ? [] : await readImportRows(it.id, show, slice)
    return view.render('inventory::pages/import', {
      ...{ it, show, query, counts: it.counts },
      slice: shownSlice(rows, slice, (row) => positionOf(row, show), query),
    })
  }

  async errors({ params, response }: HttpContext) {
    const { id } = await findImport(params.id)
    return asFile(response, 'errors.csv').stream(errorsCsv(id))
  }

  async rows({ params, request, response }: HttpContext) {
    const { show = 'all' } = await importFilterValidator.validate(request.qs())
    const { id } = await findImport(params.id)
    return asFile(response, `import-${show}.csv`).stream(Readable.from(importLines(id, show)))
  }
}

function asFile(response: HttpContext['response'], name: string) {
  return response
    .header('content-type', 'text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}"`)
}
