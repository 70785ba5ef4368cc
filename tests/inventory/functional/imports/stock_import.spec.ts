/*
 * An import at a terminal, and what becomes of one whose process is killed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ace from '@adonisjs/core/services/ace'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import StockImport from '#inventory/commands/stock_import'
import { reconcile } from '#inventory/stock/reconcile'
import { directConnection } from '#config/database'
import { onHand, runImport, type File } from '#tests/support/stock_imports'
import { ace as aceProcess, APP_ROOT } from '#tests/support/processes/app_process'
import { emptyShop, product } from '#tests/support/shop'
import { environment } from '#tests/messaging/support/operator_terminal'
import { eventually } from '#tests/support/eventually'

const inventory = () => db.connection('inventory')

test.group('node ace stock:import', (group) => {
  let folder: string

  group.setup(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quartermaster-'))
    ace.ui.switchMode('raw')
    return async () => {
      ace.ui.switchMode('normal')
      await rm(folder, { recursive: true })
    }
  })
  group.each.setup(async () => {
    await emptyShop()
    await product('MUG', 37)
    await product('TEA', 5)
  })

  async function file(content: File, name = 'count.csv') {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }

  test('tries a file, and with --apply applies it', async ({ assert }) => {
    const path = await file('sku,counted,shelf\nMUG,41,A\nTEA,5,B\n')
    for (const options of [[], ['--dry-run']]) {
      const dry = await stockImport(path, ...options)
      assert.equal(dry.exitCode, 0)
      assert.match(dry.printed, /2 rows: 1 change stock \(\+4 −0\), .* 1 have no effect/)
      assert.match(dry.printed, /Ignored columns: shelf\.\n.*Nothing has changed/)
    }
    assert.deepEqual(await onHand(), { MUG: 37, TEA: 5 })
    const applied = await stockImport(path, '--apply', '--json')
    assert.equal(applied.exitCode, 0)
    assert.containSubset(JSON.parse(applied.printed), {
      ...{ status: 'applied', name: 'count.csv', ignoredColumns: ['shelf'], errors: [] },
      ...{ actor: { kind: 'system', name: 'stock:import' }, counts: { applied: 2, moved: 1 } },
    })
    assert.deepEqual(await onHand(), { MUG: 41, TEA: 5 })
  })

  test('applies what can be, names the rest, and exits 3', async ({ assert }) => {
    const path = await file('sku,received\nMUG,-3\nTEA,5\n')
    const told = await stockImport(path, '--apply')
    assert.equal(told.exitCode, 3)
    assert.match(told.printed, /row 2, MUG: “-3” is negative\.\nApplied 1 rows; 0 were refused/)
    const json = await stockImport(path, '--json')
    assert.equal(json.exitCode, 3)
    assert.containSubset(JSON.parse(json.printed).errors, [{ row: 2, sku: 'MUG', code: 'invalid' }])
    assert.deepEqual(await onHand(), { MUG: 37, TEA: 10 })
  })

  test('exits 2 where there is nothing to read', async ({ assert }) => {
    const wrong: [args: string[], says: RegExp][] = [
      [[join(folder, 'none.csv')], /no such file/],
      [[folder], /directory/],
      [[await file('', 'empty.csv')], /The file is empty/],
      [[await file('a,b\n1,2\n', 'other.csv'), '--json'], /^{"error":.*including sku/],
      [[await file('sku,counted\nMUG,1\n'), '--dry-run', '--apply'], /not both/],
    ]
    for (const [args, says] of wrong) {
      const { exitCode, printed } = await stockImport(...args)
      assert.equal(exitCode, 2)
      assert.match(printed, says)
    }
    assert.deepEqual(await inventory().from('stock_imports').whereNot('status', 'failed'), [])
  })

  test('exits 4 while the database is away', async ({ assert }) => {
    const path = await file('sku,counted\nMUG,41\n')
    const env = { ...environment(), DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none' }
    const { code, stdout, stderr } = await aceProcess(env, 'stock:import', path)
    assert.equal(code, 4, stdout + stderr)
    assert.match(stdout + stderr, /unreachable: /)
  })

  test('killed in the middle is resumed by another process: each row is applied once', async ({
    assert,
  }) => {
    const rows = 10_000
    await manyProducts(rows)
    const path = await file(`sku,received\n${lines(rows, () => '3')}`)
    const child = spawn(process.execPath, ['ace.js', 'stock:import', path, '--apply'], {
      ...{ cwd: APP_ROOT, env: environment(), stdio: 'ignore' },
    })
    const ended = once(child, 'exit')
    const half = await eventually('the first rows are applied', async () => {
      const found = await inventory().from('stock_imports').where('status', 'applying').first()
      return found?.counts.applied > 0 && found
    })
    child.kill('SIGKILL')
    await ended
    const { count } = await movements(half.id)
    assert.isAbove(count, 0)
    assert.isBelow(count, rows)
    // Its lease ends by itself; a test need not wait for that.
    await inventory()
      .from('stock_imports')
      .update({ lease_until: new Date(0) })
    await runImport(half.id)
    const done = await inventory().from('stock_imports').where('id', half.id).first()
    assert.containSubset(done, { status: 'applied', counts: { applied: rows, moved: rows } })
    assert.deepEqual(await movements(half.id), { count: rows, skus: rows, pieces: 3 * rows })
    const { differences } = await reconcile(directConnection('inventory'))
    assert.deepEqual(
      differences.filter(({ ledgerOnHand, onHand: now }) => now - ledgerOnHand !== 500),
      []
    )
  })

  test('reads each row a few times, also when PostgreSQL knows only the rows of older imports', async ({
    assert,
  }) => {
    const rows = 20_000
    await manyProducts(rows)
    await stockImport(await file(`sku,counted\n${lines(3_000, () => '500')}`))
    await db.connection('inventory_owner').rawQuery('analyze stock_import_rows')
    const path = await file(`sku,counted,shelf\n${lines(rows, (row) => `${400 + (row % 200)},A`)}`)
    const before = await importRowsRead()
    const { exitCode, printed } = await stockImport(path, '--apply', '--json')
    assert.equal(exitCode, 0)
    const { counts } = JSON.parse(printed)
    assert.containSubset(counts, { applied: rows, moved: rows - rows / 200, unchanged: rows / 200 })
    // Without statistics of its own, PostgreSQL read all rows of the import for each one it marked. Each connection of
    // the pool that takes part may read them once, until it knows the statistics.
    assert.isBelow(((await importRowsRead()) - before) / rows, 20)
  })
})

async function stockImport(...args: string[]) {
  const command = await ace.create(StockImport, args)
  command.logger.flushLogs()
  await command.exec()
  const printed = command.logger.getLogs().map(({ message }) => message)
  command.logger.flushLogs()
  return { exitCode: command.exitCode, printed: printed.join('\n') }
}

/** SKU-0000001 and so on, each with 500 pieces that the ledger knows nothing of. */
async function manyProducts(count: number) {
  // The owner's statements have no time limit.
  await db.connection('inventory_owner').rawQuery(
    `insert into stock_items (sku, name, price_amount, price_currency, on_hand)
     select 'SKU-' || lpad(i::text, 7, '0'), 'Product ' || i, 1000, 'EUR', 500
     from generate_series(1, ?) as i`,
    [count]
  )
}

function lines(count: number, says: (row: number) => string) {
  return Array.from(
    { length: count },
    (_, row) => `SKU-${String(row + 1).padStart(7, '0')},${says(row)}\n`
  ).join('')
}

/** Of an import: how many, on how many SKUs, of how many pieces. */
async function movements(importId: string) {
  const [row] = await inventory()
    .from('movements')
    .where('import_id', importId)
    .select(
      db.raw('count(*)::int, count(distinct sku)::int as skus, sum(on_hand_delta)::int as pieces')
    )
  return row
}

/**
 * How many rows of imports PostgreSQL has read through indexes so far, less those of the last second. Not counted are
 * the first statements of each connection, for which it may scan the whole table.
 */
async function importRowsRead(): Promise<number> {
  const [{ read }] = await inventory()
    .from('pg_stat_user_tables')
    .where('relid', db.raw(`'stock_import_rows'::regclass`))
    .select(db.raw('idx_tup_fetch::int as read'))
  return read
}
