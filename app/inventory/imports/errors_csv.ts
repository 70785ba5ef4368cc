import { csvLine } from '#admin/csv'
import { wrongRows } from './find_imports.ts'

/** The problems of an import's rows as CSV, one line per problem. */
export async function* errorsCsv(id: string) {
  yield csvLine(['row', 'sku', 'column', 'problem'])
  for await (const { row, sku, errors } of wrongRows(id)) {
    yield errors.map(({ column, detail }) => csvLine([row, sku, column, detail])).join('')
  }
}
