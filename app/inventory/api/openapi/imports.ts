/*
 * The operations on imports in /openapi.json.
 */
import type { Operation, Success } from '#http/openapi/description'
import { pageResponse, resourceResponses } from '#http/openapi/responses'
import { ref } from '#http/openapi/schema'
import { noFilters } from '#http/pagination'
import { shownImport, shownRow } from '../transformers/import_schema.ts'
import { applicationValidator, importRowsParameters } from '../validators/imports.ts'

const of = { tag: 'Imports', access: ['clerk', 'admin'] } as const

function started(description: string, status: string, total: number, unit = 'rows'): Success {
  const example = { ...shownImport, status, progress: { done: 0, of: total, unit } }
  return { description, headers: ['Idempotent-Replayed?'], schema: ref('Import'), example }
}

export const importOperations: Record<string, Operation> = {
  'POST /api/v1/stock/imports': {
    ...of,
    id: 'importStock',
    summary: 'Upload a CSV file for a dry run',
    description:
      'Columns: `sku`; any of `name`, `price` (in major units: 12.50), `currency`, `low_stock_at`, `barcode`, `active`; and one of `counted` or `received`. An empty cell changes nothing. An unknown SKU with a name and a price is listed. UTF-8 or Windows-1252; comma, semicolon or tab; at most 64 MB. Nothing changes until you apply the import: poll it until its status is `ready`.',
    headers: ['Idempotency-Key'],
    upload: 'text/csv',
    responses: {
      202: {
        ...started('The file was stored and the dry run has started.', 'reading', 64, 'bytes'),
        headers: ['Location', 'Idempotent-Replayed?'],
      },
    },
    problems: ['no_csv'],
  },
  'GET /api/v1/stock/imports': {
    ...of,
    id: 'listImports',
    summary: 'List imports and receipts, newest first',
    query: noFilters,
    responses: pageResponse('imports', ref('Import'), shownImport),
  },
  'GET /api/v1/stock/imports/{id}': {
    ...of,
    id: 'readImport',
    summary: 'Read an import with its status and progress',
    headers: ['If-None-Match.read'],
    responses: resourceResponses({
      description: 'The import.',
      schema: ref('Import'),
      example: shownImport,
    }),
    problems: ['not_found'],
  },
  'GET /api/v1/stock/imports/{id}/rows': {
    ...of,
    id: 'listImportRows',
    summary: 'Read the effect of each row, in file order',
    query: importRowsParameters,
    responses: pageResponse('rows', ref('ImportRow'), shownRow),
    problems: ['not_found'],
  },
  'GET /api/v1/stock/imports/{id}/errors': {
    ...of,
    id: 'readImportErrors',
    summary: 'Download the problems of the rows as CSV',
    description:
      'The columns are row, sku, column and problem. A cell that a spreadsheet would read as a formula starts with an apostrophe.',
    responses: {
      200: {
        description: 'One line per problem.',
        type: 'text/csv',
        schema: { type: 'string' },
        example: 'row,sku,column,problem\r\n4,TEA,counted,“12.5” is not a whole number.\r\n',
      },
    },
    problems: ['not_found'],
  },
  'POST /api/v1/stock/imports/{id}/application': {
    ...of,
    id: 'applyImport',
    summary: 'Apply a dry run',
    description:
      'Runs in the background, once. A counted row is refused when its stock has moved since the dry run, or when orders hold more units than were counted; the other rows are applied. Rows with the problem `suspect_sku` are left out unless `listSuspectSkus` is true, because a spreadsheet may have changed the SKU.',
    headers: ['Idempotency-Key'],
    body: {
      schema: applicationValidator,
      optional: true,
      examples: { 'With suspect SKUs': { listSuspectSkus: true } },
    },
    responses: {
      202: started('The import is being applied, or has been applied.', 'applying', 2),
    },
    problems: ['not_found', 'import_not_ready'],
  },
  'POST /api/v1/stock/imports/{id}/reversal': {
    ...of,
    id: 'reverseImport',
    summary: 'Undo an import as a whole',
    description:
      'Runs in the background and writes an inverse movement for each row that moved stock. A row stays, with the reason in its `errors`, when fewer units are available than it added (`reserved_exceeds`), or when the SKU was counted since (`counted_since`). Undo the import again once the units are free or the count is undone. Changes to products are not undone.',
    headers: ['Idempotency-Key'],
    responses: {
      202: started('The import is being undone, or has been undone.', 'reversing', 1),
    },
    problems: ['not_found', 'import_not_applied'],
  },
}
