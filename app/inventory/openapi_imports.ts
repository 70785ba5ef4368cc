/*
 * What inventory says of imports in /openapi.json.
 */
import type { Operation } from '#http/openapi/description'
import { page, pageOf, ref } from '#http/openapi/schema'
import { noFilters } from '#http/pages'
import { shownImport, shownRow } from './transformers/import_schema.ts'
import { importRowsParameters } from './validators/imports.ts'

const of = { tag: 'Imports', access: ['clerk', 'admin'] } as const

export const importOperations: Record<string, Operation> = {
  'POST /api/v1/stock/imports': {
    ...of,
    id: 'importStock',
    summary: 'Send a CSV file for a dry run',
    description:
      'Columns: `sku`, any of `name`, `price` (in units: 12.50), `currency`, `low_stock_at`, `barcode`, `active`, and one of `counted` or `received`. An empty cell changes nothing; an unknown SKU with a name and a price is listed. UTF-8 or Windows-1252; comma, semicolon or tab; 64 MB at most. Nothing is changed before the import is applied: read it until its status is `ready`.',
    headers: ['Idempotency-Key'],
    upload: 'text/csv',
    answers: {
      202: {
        description: 'The file is there; the dry run goes on.',
        headers: ['Location', 'Idempotent-Replayed?'],
        schema: ref('Import'),
        example: {
          ...shownImport,
          status: 'reading',
          progress: { done: 0, of: 64, unit: 'bytes' },
        },
      },
    },
    problems: ['no_csv'],
  },
  'GET /api/v1/stock/imports': {
    ...of,
    id: 'listImports',
    summary: 'List imports and receipts, the newest first',
    query: noFilters,
    answers: {
      200: {
        description: 'A page of imports.',
        schema: page(ref('Import')),
        example: pageOf(shownImport),
      },
    },
  },
  'GET /api/v1/stock/imports/{id}': {
    ...of,
    id: 'readImport',
    summary: 'Read an import: how it stands, and how far it has come',
    answers: { 200: { description: 'It.', schema: ref('Import'), example: shownImport } },
    problems: ['not_found'],
  },
  'GET /api/v1/stock/imports/{id}/rows': {
    ...of,
    id: 'listImportRows',
    summary: 'Read what each row does, in the order of the file',
    query: importRowsParameters,
    answers: {
      200: {
        description: 'A page of rows.',
        schema: page(ref('ImportRow')),
        example: pageOf(shownRow),
      },
    },
    problems: ['not_found'],
  },
  'GET /api/v1/stock/imports/{id}/errors': {
    ...of,
    id: 'readImportErrors',
    summary: 'Download what is wrong with rows, as CSV',
    description:
      'The columns are row, sku, column and problem. A cell that a spreadsheet would take for a formula begins with an apostrophe.',
    answers: {
      200: {
        description: 'A line for each problem.',
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
      'In the background, once. A row with a count whose stock has moved since the dry run is refused, as is one that would take what orders hold; the others are applied.',
    headers: ['Idempotency-Key'],
    answers: {
      202: {
        description: 'It is being applied, or has been.',
        headers: ['Idempotent-Replayed?'],
        schema: ref('Import'),
        example: {
          ...shownImport,
          status: 'applying',
          progress: { done: 0, of: 2, unit: 'rows' },
        },
      },
    },
    problems: ['not_found', 'import_not_ready'],
  },
  'POST /api/v1/stock/imports/{id}/reversal': {
    ...of,
    id: 'reverseImport',
    summary: 'Undo an import as a whole',
    description:
      'In the background, by an inverse movement for each row that moved stock. Where fewer pieces are available than the row brought, it stays, and says so; undo the import again when they are free. What the file said of products is not undone.',
    headers: ['Idempotency-Key'],
    answers: {
      202: {
        description: 'It is being undone, or has been.',
        headers: ['Idempotent-Replayed?'],
        schema: ref('Import'),
        example: {
          ...shownImport,
          status: 'reversing',
          progress: { done: 0, of: 1, unit: 'rows' },
        },
      },
    },
    problems: ['not_found', 'import_not_applied'],
  },
}
