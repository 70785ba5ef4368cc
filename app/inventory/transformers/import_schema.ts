/*
 * Imports as the API documents them.
 */
import {
  answer,
  flag,
  list,
  oneOf,
  orNull,
  ref,
  text,
  time,
  uuid,
  whole,
  type Schema,
} from '#http/openapi/schema'
import { ROW_STATES } from '../imports/find_imports.ts'
import type { ImportCounts } from '../imports/import_record.ts'
import type { RowError } from '../imports/read_cells.ts'
import type { importBody, importRowBody } from './import_body.ts'

type Import = ReturnType<typeof importBody>
type Row = ReturnType<typeof importRowBody>

const counts: Record<keyof ImportCounts, Schema> = {
  rows: whole('Of the file, without its header line.', 0),
  errors: whole('Rows that cannot be applied.', 0),
  changes: whole('Rows that change what is on hand.', 0),
  unchanged: whole('Rows without any effect.', 0),
  listed: whole('Rows that list a new product.', 0),
  products: whole('Rows that change a product that is there.', 0),
  up: whole('Pieces added.', 0),
  down: whole('Pieces taken.', 0),
  large: whole('Rows that change 20 pieces or more, and more than half of what there was.', 0),
  bytesRead: whole('Of the file.', 0),
  applied: whole('Rows applied.', 0),
  moved: whole('Of these: rows that have moved stock, and that an undo moves back.', 0),
  refused: whole('Rows that could not be applied any more.', 0),
  reversed: whole('Rows undone.', 0),
  stays: whole('Rows whose undo was refused, because orders hold the pieces.', 0),
}

const STATUSES: Record<Exclude<Import['status'], 'uploading'>, string> = {
  scanning: 'a receipt that is under way',
  reading: 'the dry run is under way',
  ready: 'the dry run is done: nothing is changed yet',
  applying: 'it is applied in the background',
  applied: 'done',
  reversing: 'it is undone in the background',
  reversed: 'undone',
  failed: 'the file cannot be read, `error` says why',
  discarded: 'dropped',
}

export const importSchemas: Record<string, Schema> = {
  Import: answer<Import>({
    id: uuid('Newer imports have higher ids.'),
    source: oneOf(['csv', 'scan'], '`scan`: a receipt from the scan page.'),
    status: oneOf(
      Object.keys(STATUSES),
      Object.entries(STATUSES)
        .map(([status, meaning]) => `\`${status}\`: ${meaning}.`)
        .join(' ')
    ),
    name: orNull(text('Of the file.')),
    reference: orNull(text('Your own.')),
    actor: ref('Actor'),
    counts: answer<ImportCounts>(counts),
    progress: orNull({
      ...answer<NonNullable<Import['progress']>>({
        done: whole('So much is done.', 0),
        of: whole('So much is to do.', 0),
        unit: oneOf(['bytes', 'rows']),
      }),
      description: 'Of the step under way; null while none is.',
    }),
    ignoredColumns: { ...list(text()), description: 'Columns that mean nothing here.' },
    error: orNull(text('Why the file cannot be read, for people.')),
    createdAt: time('When the file came.'),
    appliedAt: orNull(time('When it was applied to its end.')),
    reversedAt: orNull(time('When it was undone to its end.')),
  }),
  ImportRow: answer<Row>({
    row: whole('As a spreadsheet counts: the header line is row 1.', 1),
    sku: text(),
    name: orNull(text()),
    price: orNull(ref('Money')),
    lowStockAt: orNull(whole('As the file says it.', 0)),
    barcode: orNull(text()),
    active: orNull(flag('As the file says it.')),
    counted: orNull(whole('As the file says it.', 0)),
    received: orNull(whole('As the file says it.', 0)),
    before: orNull(whole('Pieces on hand at the dry run; null with an error.', 0)),
    after: orNull(whole('Pieces on hand after it, as the dry run saw it.', 0)),
    delta: orNull(whole('The difference.')),
    lists: flag('It lists a new product.'),
    changesProduct: flag('It changes a product that is there.'),
    large: flag('It changes 20 pieces or more, and more than half of what there was.'),
    state: oneOf(
      ROW_STATES,
      '`error`: cannot be applied. `refused`: could not be applied any more. `stays`: its undo was refused.'
    ),
    errors: list(
      answer<RowError>({
        column: orNull(text('Null where it is about the whole row.')),
        code: text('For programs.'),
        detail: text('For people.'),
      })
    ),
    movementId: orNull(uuid('What it has moved.')),
  }),
}

export const shownImport: Import = {
  id: '0199f3b1-0a1b-7c2d-8e3f-405162738495',
  source: 'csv',
  status: 'ready',
  name: 'november-count.csv',
  reference: null,
  actor: { kind: 'staff', id: '0199f3a0-0d4e-7a11-93c2-1f2e3d4c5b6a', name: 'Grace' },
  counts: {
    ...{ rows: 3, errors: 1, changes: 1, unchanged: 1, listed: 0, products: 0, up: 4, down: 0 },
    ...{ large: 0, bytesRead: 64, applied: 0, moved: 0, refused: 0, reversed: 0, stays: 0 },
  },
  progress: null,
  ignoredColumns: ['Shelf'],
  error: null,
  createdAt: '2026-11-22T12:00:00.000Z',
  appliedAt: null,
  reversedAt: null,
}

export const shownRow: Row = {
  row: 2,
  sku: 'MUG-RED',
  ...{ name: null, price: null, lowStockAt: null, barcode: null, active: null },
  ...{ counted: 41, received: null, before: 37, after: 41, delta: 4 },
  ...{ lists: false, changesProduct: false, large: false },
  state: 'pending',
  errors: [],
  movementId: null,
}
