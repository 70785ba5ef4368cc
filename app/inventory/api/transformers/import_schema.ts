/*
 * The API schemas of imports, with examples.
 */
import {
  object,
  explained,
  extensible,
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
import { ROW_STATES } from '../../imports/find_imports.ts'
import type { ImportCounts } from '../../imports/import_record.ts'
import type { RowError } from '../../imports/file/read_cells.ts'
import type { bookingBody, importBody, importRowBody } from './import_body.ts'

type AlreadyBooked = NonNullable<ReturnType<typeof bookingBody>>
type Import = ReturnType<typeof importBody>
type Row = ReturnType<typeof importRowBody>

const counts: Record<keyof ImportCounts, Schema> = {
  rows: whole('Rows of the file, without the header line.', 0),
  errors: whole('Rows that cannot be applied.', 0),
  suspects: whole(
    'Errors of the dry run that are new SKUs which a spreadsheet may have changed; they are listed on confirmation.',
    0
  ),
  changes: whole('Rows that change on hand.', 0),
  unchanged: whole('Rows without an effect on stock or products.', 0),
  agreed: whole(
    'Unchanged rows that are counts agreeing with the books. Applying records each as a movement that changes nothing.',
    0
  ),
  listed: whole('Rows that list a new product.', 0),
  products: whole('Rows that change an existing product.', 0),
  up: whole('Units added.', 0),
  down: whole('Units removed.', 0),
  large: whole('Rows that change at least 20 units and more than half of the stock.', 0),
  bytesRead: whole('Bytes of the file read so far.', 0),
  applied: whole('Rows applied.', 0),
  moved: whole('Applied rows that moved stock. Undoing the import moves it back.', 0),
  recorded: whole('Applied rows that recorded a count agreeing with the books.', 0),
  refused: whole('Rows that could no longer be applied.', 0),
  reversed: whole('Rows undone.', 0),
  stays: whole('Rows that could not be undone; their `errors` state the reason.', 0),
}

const STATUSES: Record<Exclude<Import['status'], 'uploading'>, string> = {
  scanning: 'an open receipt',
  reading: 'the dry run is in progress',
  ready: 'the dry run is complete; nothing has changed yet',
  applying: 'the import is being applied',
  applied: 'the import has been applied',
  reversing: 'the import is being undone',
  reversed: 'the import has been undone',
  failed: 'the file is unreadable; `error` states the reason',
  discarded: 'the dry run or the receipt was discarded',
}

/**
 * @param goods - what was booked before, as the subject of a sentence
 * @param where - the responses that have the field, if not all
 */
export const alreadyBooked = (goods: string, where = '') =>
  orNull({
    ...object<AlreadyBooked>(
      {
        at: time('When somebody applied or recorded it.'),
        by: ref('Actor'),
        importId: orNull(uuid('The import or the receipt; null for a restock.')),
      },
      'AlreadyBooked'
    ),
    description:
      `When and by whom ${goods} was booked before; null when it was not. Bookings that were undone do not count. ${where}`.trim(),
  })

export const importSchemas: Record<string, Schema> = {
  Import: object<Import>({
    id: uuid('Newer imports have higher ids.'),
    source: extensible(['csv', 'scan'], '`csv`: a file; `scan`: a receipt from the scan page.'),
    status: extensible(Object.keys(STATUSES), explained(STATUSES)),
    name: orNull(text('The name of the file.')),
    reference: orNull(text('Your reference.')),
    actor: ref('Actor'),
    counts: object<ImportCounts>(counts, 'ImportCounts'),
    progress: orNull({
      ...object<NonNullable<Import['progress']>>(
        {
          done: whole('Bytes or rows done.', 0),
          of: whole('Bytes or rows in total.', 0),
          unit: oneOf(['bytes', 'rows']),
        },
        'ImportProgress'
      ),
      description: 'Progress of the step in progress; null when there is none.',
    }),
    encoding: orNull(
      extensible(
        ['utf-8', 'windows-1252'],
        'The detected encoding, `utf-8` or `windows-1252`: Windows-1252 when the file is mostly not UTF-8. Null for a receipt.'
      )
    ),
    ignoredColumns: {
      ...list(text()),
      description: 'Columns of the file that the import ignores.',
    },
    error: orNull(text('Why the file is unreadable, as a sentence.')),
    alreadyBooked: alreadyBooked('the same file, or a delivery with the same reference,'),
    createdAt: time('When the upload or the receipt began.'),
    appliedAt: orNull(time('When the import was completely applied.')),
    reversedAt: orNull(time('When the import was completely undone.')),
  }),
  ImportRow: object<Row>({
    row: whole('The row number of the spreadsheet: the header line is row 1.', 1),
    sku: text(),
    name: orNull(text()),
    price: orNull(ref('Money')),
    lowStockAt: orNull(whole('The value in the file.', 0)),
    barcode: orNull(text()),
    active: orNull(flag('The value in the file.')),
    counted: orNull(whole('The value in the file.', 0)),
    received: orNull(whole('The value in the file.', 0)),
    before: orNull(whole('Units on hand at the dry run; null with an error.', 0)),
    after: orNull(whole('Units on hand after the row, as planned by the dry run.', 0)),
    delta: orNull(whole('The change to on hand.')),
    lists: flag('Whether the row lists a new product.'),
    changesProduct: flag('Whether the row changes an existing product.'),
    large: flag('Whether the row changes at least 20 units and more than half of the stock.'),
    state: extensible(
      ROW_STATES,
      '`pending`, `applied` or `reversed`; or `error`: cannot be applied. `refused`: could no longer be applied. `stays`: could not be undone.'
    ),
    errors: list(
      object<RowError>(
        {
          column: orNull(text('Null when the error concerns the whole row.')),
          code: text('A code for programs.'),
          detail: text('A sentence for people.'),
        },
        'ImportRowError'
      )
    ),
    movementId: orNull(uuid('The movement that applied the row.')),
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
    ...{ rows: 3, errors: 1, suspects: 0, changes: 1, unchanged: 1, agreed: 1, listed: 0 },
    ...{ products: 0, up: 4, down: 0, large: 0, bytesRead: 64, applied: 0, moved: 0, recorded: 0 },
    ...{ refused: 0, reversed: 0, stays: 0 },
  },
  progress: null,
  encoding: 'utf-8',
  ignoredColumns: ['Shelf'],
  error: null,
  alreadyBooked: null,
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
