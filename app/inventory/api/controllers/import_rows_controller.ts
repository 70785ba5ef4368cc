import type { HttpContext } from '@adonisjs/core/http'
import { pageBody, pageOf } from '#http/pages'
import { errorsCsv } from '../../imports/errors_csv.ts'
import { findImport, listRows } from '../../imports/find_imports.ts'
import { importRowBody } from '../transformers/import_body.ts'
import { importRowsParameters } from '../validators/imports.ts'

export default class ImportRowsController {
  async index({ params, request }: HttpContext) {
    const page = await pageOf(request.qs(), importRowsParameters)
    const { id } = await findImport(params.id)
    return pageBody(await listRows(id, page), page, ({ row }) => [String(row)], importRowBody)
  }

  /** The rows with problems, as CSV. */
  async errors({ params, response }: HttpContext) {
    const { id } = await findImport(params.id)
    response.header('content-type', 'text/csv; charset=utf-8')
    response.header('content-disposition', 'attachment; filename="errors.csv"')
    return response.stream(errorsCsv(id))
  }
}
