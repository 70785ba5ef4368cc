/*
 * The four boundary checks between modules. A check that passes proves little until it has been seen to fail, so
 * each kind of violation is planted here and must be reported.
 */
import { rmSync } from 'node:fs'
import { cp, mkdir, mkdtemp, realpath, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from '@japa/runner'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractWebpackResolveConfig from 'dependency-cruiser/config-utl/extract-webpack-resolve-config'
import { ESLint } from 'eslint'
import db from '@adonisjs/lucid/services/db'
import { KERNEL_TABLES } from '#messaging/schema'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folders = ['app', 'start', 'config', 'database', 'tests', 'bench', 'bin']

const plantedFile = /(?:^|\/)planted_\w+\.ts$/
const planted = (name: string) => `planted_${name}`

/** What the planted imports aim at; files of our own, so that no real one has to keep its name. */
const target = planted('target')
const targets = [
  'app/accounts',
  'app/contracts',
  'app/demo',
  'app/http',
  'app/inventory',
  'app/inventory/api',
  'app/inventory/low_stock',
  'app/inventory/pages',
  'app/inventory/receipts',
  'app/mail',
  'app/messaging',
  'app/middleware',
  'app/operations',
  'app/orders',
  'app/orders/api',
  'app/orders/changes',
  'app/orders/live',
  'bench',
  'config',
  'database',
  'database/inventory',
  'start',
  'tests/architecture',
].map((folder) => ({ path: `${folder}/${target}.ts`, source: 'export const found = 1\n' }))

type Plant = { kind: string; path: string; source: string; rule: string }

function plant(kind: string, folder: string, name: string, source: string, rule: string): Plant {
  return { kind, path: `${folder}/${planted(name)}.ts`, source: `${source}\n`, rule }
}

/** A file that imports the target of another folder, written the plain way. */
function importing(kind: string, folder: string, from: string, rule: string): Plant {
  const name = `to_${from.replace(/\W+/g, '_')}`
  const extension = from.startsWith('#') ? '' : '.ts'
  return plant(kind, folder, name, `export { found } from '${from}/${target}${extension}'`, rule)
}

const meet = 'modules-meet-only-in-contracts'

const plants: Plant[] = [
  plant(
    'orders imports inventory by its alias',
    'app/orders',
    'alias',
    `import { found } from '#inventory/${target}'\nexport const used = found`,
    meet
  ),
  plant(
    'orders imports inventory by a relative path',
    'app/orders',
    'relative',
    `import { found } from '../inventory/${target}.ts'\nexport const used = found`,
    meet
  ),
  plant(
    'orders imports a type of inventory',
    'app/orders',
    'type_only',
    `import type { found } from '#inventory/${target}'\nexport type Used = typeof found`,
    meet
  ),
  plant(
    'orders mentions a type of inventory inline',
    'app/orders',
    'inline_type',
    `export type Used = typeof import('#inventory/${target}')`,
    meet
  ),
  plant(
    'orders imports inventory lazily',
    'app/orders',
    'lazy',
    `export const later = () => import('#inventory/${target}')`,
    meet
  ),
  plant(
    'orders re-exports inventory',
    'app/orders',
    'reexport',
    `export * from '#inventory/${target}'`,
    meet
  ),
  importing('orders imports accounts', 'app/orders', '#accounts', meet),
  importing('orders imports operations', 'app/orders', '#operations', meet),
  importing('inventory imports orders', 'app/inventory', '#orders', meet),
  importing('inventory imports accounts', 'app/inventory', '#accounts', meet),
  importing('accounts imports orders', 'app/accounts', '#orders', meet),
  importing('operations imports inventory', 'app/operations', '#inventory', meet),
  importing('orders imports the tables of inventory', 'app/orders', '#database/inventory', meet),
  importing(
    'operations imports the tables of inventory',
    'app/operations',
    '#database/inventory',
    'database-of-inventory-is-its-own'
  ),
  importing(
    'config imports the tables of inventory',
    'config',
    '#database/inventory',
    'database-of-inventory-is-its-own'
  ),
  importing(
    'contracts import orders',
    'app/contracts',
    '#orders',
    'contracts-use-the-message-alone'
  ),
  importing(
    'contracts import more of messaging than the message',
    'app/contracts',
    '#messaging',
    'contracts-use-the-message-alone'
  ),
  plant(
    'contracts import a package',
    'app/contracts',
    'package',
    `import { DateTime } from 'luxon'\nexport const now = DateTime.now`,
    'contracts-use-the-message-alone'
  ),
  importing('messaging imports contracts', 'app/messaging', '#contracts', 'messaging-stands-alone'),
  importing('messaging imports http', 'app/messaging', '#http', 'messaging-stands-alone'),
  importing('messaging imports orders', 'app/messaging', '#orders', 'messaging-stands-alone'),
  importing('messaging imports config', 'app/messaging', '#config', 'messaging-stands-alone'),
  importing('http imports orders', 'app/http', '#orders', 'http-names-no-module'),
  importing('http imports middleware', 'app/http', '#middleware', 'http-names-no-module'),
  importing('mail imports inventory', 'app/mail', '#inventory', 'mail-names-no-module'),
  importing('mail imports http', 'app/mail', '#http', 'mail-names-no-module'),
  importing(
    'middleware imports accounts',
    'app/middleware',
    '#accounts',
    'middleware-names-no-module'
  ),
  importing(
    'an exception handler imports orders',
    'app/exceptions',
    '#orders',
    'middleware-names-no-module'
  ),
  importing('the admin layout imports accounts', 'app/admin', '#accounts', 'admin-names-no-module'),
  importing('config imports accounts', 'config', '#accounts', 'config-imports-only-libraries'),
  importing('config imports the set-up', 'config', '#database', 'config-imports-only-libraries'),
  importing('config imports start', 'config', '#start', 'config-imports-only-libraries'),
  importing(
    'operations imports the demo',
    'app/operations',
    '#demo',
    'only-start-imports-the-demo'
  ),
  ...['stock', 'products', 'reservations', 'imports', 'receipts', 'low_stock'].flatMap((folder) =>
    ['api', 'pages'].map((above) =>
      importing(
        `${folder} of inventory imports its ${above}`,
        `app/inventory/${folder}`,
        `#inventory/${above}`,
        'inventory-use-cases-know-no-presentation'
      )
    )
  ),
  importing(
    'the ledger of inventory imports low stock',
    'app/inventory/stock',
    '#inventory/low_stock',
    'inventory-folders-form-no-cycle'
  ),
  importing(
    'imports of inventory import receipts',
    'app/inventory/imports',
    '#inventory/receipts',
    'inventory-folders-form-no-cycle'
  ),
  importing(
    'the API of inventory imports its pages',
    'app/inventory/api',
    '#inventory/pages',
    'inventory-folders-form-no-cycle'
  ),
  importing(
    'the store of orders imports the live feed',
    'app/orders/store',
    '../live',
    'orders-store-imports-no-layer-above'
  ),
  importing(
    'the store of orders imports HTTP problems',
    'app/orders/store',
    '#http',
    'orders-store-imports-no-layer-above'
  ),
  importing(
    'a use case of orders imports the API',
    'app/orders/placing',
    '#orders/api',
    'orders-use-cases-import-no-presentation'
  ),
  importing(
    'placing an order imports its changes',
    'app/orders/placing',
    '../changes',
    'orders-folders-form-no-cycle'
  ),
  importing('orders imports start', 'app/orders', '#start', 'nothing-reaches-up-to-start'),
  plant(
    'kafkajs is imported beside its transport',
    'app/messaging/transports',
    'kafkajs',
    `import { Kafka } from 'kafkajs'\nexport const client = Kafka`,
    'kafkajs-only-in-its-transport'
  ),
  plant(
    'kafkajs is imported lazily in a module',
    'app/orders',
    'lazy_kafkajs',
    `export const client = () => import('kafkajs')`,
    'kafkajs-only-in-its-transport'
  ),
  importing(
    'orders imports a test',
    'app/orders',
    '#tests/architecture',
    'production-code-imports-no-tests'
  ),
  importing(
    'orders imports a benchmark',
    'app/orders',
    '../../bench',
    'production-code-imports-no-tests'
  ),
  plant(
    'one file closes a circle',
    'app/inventory',
    'circle_one',
    `import { two } from './${planted('circle_two')}.ts'\nexport const one = () => two`,
    'no-cycles'
  ),
  plant(
    'another file closes the circle with a type alone',
    'app/inventory',
    'circle_two',
    `import type { one } from './${planted('circle_one')}.ts'\nexport const two = {} as typeof one`,
    'no-cycles'
  ),
  plant(
    'an alias leads nowhere',
    'app/orders',
    'nowhere_alias',
    `export { nothing } from '#orders/${planted('nowhere')}'`,
    'nothing-unresolvable'
  ),
  plant(
    'a package is not there',
    'app/orders',
    'nowhere_package',
    `export { nothing } from 'planted-nowhere'`,
    'nothing-unresolvable'
  ),
]

const written = [...targets, ...plants]

/** A copy of the sources with the violations among them: the working tree stays as it is. */
async function copyWithViolations() {
  const copy = await realpath(await mkdtemp(join(tmpdir(), 'quartermaster-walls-')))
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }))
  const settings = ['package.json', 'tsconfig.json', 'adonisrc.ts']
  for (const name of [...folders, ...settings]) {
    await cp(join(root, name), join(copy, name), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const { path, source } of written) {
    await mkdir(dirname(join(copy, path)), { recursive: true })
    await writeFile(join(copy, path), source)
  }
  return copy
}

test.group('Boundary check 1: imports', (group) => {
  let violations: ICruiseResult['summary']['violations'] = []
  let cruised: string[] = []

  group.setup(async () => {
    const copy = await copyWithViolations()
    const options = await extractDepcruiseOptions(join(root, '.dependency-cruiser.cjs'))
    const resolve = await extractWebpackResolveConfig(join(root, '.dependency-cruiser.resolve.cjs'))
    const { output } = await cruise(
      folders,
      { ...options, baseDir: copy },
      resolve as Parameters<typeof cruise>[2]
    )
    const { modules, summary } = output as ICruiseResult
    cruised = modules.map(({ source }) => source)
    violations = summary.violations
  })

  test('fails when {kind}')
    .with(plants)
    .run(({ assert }, { path, rule }) => {
      assert.include(cruised, path)
      // A circle is reported once, for one of the files in it.
      const broken = violations.filter(
        ({ from, cycle }) => from === path || cycle?.some(({ name }) => name === path)
      )
      assert.include(
        broken.map((violation) => violation.rule.name),
        rule
      )
      assert.isTrue(broken.every((violation) => violation.rule.severity === 'error'))
    })

  test('passes for the real tree', ({ assert }) => {
    const real = violations
      .filter(({ from }) => !plantedFile.test(from))
      .map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`)
    assert.deepEqual(real, [])
  })
})

const wallRules = ['no-restricted-imports', 'no-restricted-syntax']
const eslint = new ESLint({
  cwd: root,
  errorOnUnmatchedPattern: false,
  ruleFilter: ({ ruleId }) => wallRules.includes(ruleId),
})

async function lint(path: string, source: string) {
  const [result] = await eslint.lintText(source, { filePath: join(root, path) })
  return result.messages
    .filter(({ ruleId, fatal }) => fatal || wallRules.includes(ruleId ?? ''))
    .map(({ message }) => message)
}

test.group('Boundary check 2: names', () => {
  const meetOnlyInContracts = 'Modules meet only in app/contracts'
  const strangersName = `the name of another module's connection`
  const strangersTable = 'like a table, a role or a route of another module'

  test('fails when {kind}')
    .with([
      {
        kind: 'orders imports inventory by its alias',
        path: 'app/orders/planted.ts',
        source: `import { restock } from '#inventory/stock/restock'\nrestock()`,
        says: meetOnlyInContracts,
      },
      {
        kind: 'orders imports inventory by a relative path',
        path: 'app/orders/api/controllers/planted.ts',
        source: `import { restock } from '../../../inventory/restock.ts'\nrestock()`,
        says: meetOnlyInContracts,
      },
      {
        kind: 'orders imports a type of accounts',
        path: 'app/orders/planted.ts',
        source: `import type { Account } from '#accounts/models/account'\nexport type A = Account`,
        says: meetOnlyInContracts,
      },
      {
        kind: 'orders mentions a type of inventory inline',
        path: 'app/orders/planted.ts',
        source: `export type A = import('#inventory/stock/restock').Restock`,
        says: meetOnlyInContracts,
      },
      {
        kind: 'orders imports inventory lazily',
        path: 'app/orders/planted.ts',
        source: `export const later = () => import('#inventory/stock/restock')`,
        says: meetOnlyInContracts,
      },
      {
        kind: 'orders imports inventory lazily with a template',
        path: 'app/orders/planted.ts',
        source: 'export const later = (file: string) => import(`#inventory/${file}`)',
        says: meetOnlyInContracts,
      },
      {
        kind: 'orders imports the tables of inventory',
        path: 'app/orders/planted.ts',
        source: `export * from '#database/inventory/schema'`,
        says: meetOnlyInContracts,
      },
      {
        kind: 'orders asks for the connection of inventory',
        path: 'app/orders/planted.ts',
        source: `declare const db: any\nexport const rows = db.connection('inventory').from('stock_items')`,
        says: strangersName,
      },
      {
        kind: 'orders asks for it with a template',
        path: 'app/orders/planted.ts',
        source: 'declare const db: any\nexport const other = db.connection(`inventory`)',
        says: strangersName,
      },
      {
        kind: 'orders asks for the connection of the owner of inventory',
        path: 'app/orders/planted.ts',
        source: `declare const db: any\nexport const other = db.connection('inventory_owner')`,
        says: strangersTable,
      },
      {
        kind: 'orders takes the role of inventory',
        path: 'app/orders/planted.ts',
        source: `export const sql = 'set local role inventory_app'`,
        says: strangersTable,
      },
      {
        kind: 'orders keeps the name for later',
        path: 'app/orders/planted.ts',
        source: `const other = 'inventory'\nexport class Stock { static connection = other }`,
        says: strangersName,
      },
      {
        kind: 'accounts asks for the connection of orders',
        path: 'app/accounts/planted.ts',
        source: `export class Peek { static connection = 'orders' }`,
        says: strangersName,
      },
      {
        kind: 'a migration of orders runs on the connection of inventory',
        path: 'database/orders/migrations/0001_planted.ts',
        source: `export class Peek { static connection = 'inventory' }`,
        says: strangersName,
      },
      {
        kind: 'orders reads the schema of inventory in SQL',
        path: 'app/orders/planted.ts',
        source: `export const sql = 'select * from inventory.stock_items'`,
        says: strangersTable,
      },
      {
        kind: 'orders reads it in a template over many lines',
        path: 'app/orders/planted.ts',
        source:
          'export const sql = (id: string) => `\n  SELECT *\n  FROM "inventory"."stock_items"\n  WHERE id = ${id}`',
        says: strangersTable,
      },
      {
        kind: 'orders builds the name of the schema into SQL',
        path: 'app/orders/planted.ts',
        source: "export const sql = `select * from ${'inventory'}.stock_items`",
        says: strangersName,
      },
      {
        kind: 'orders changes its search path',
        path: 'app/orders/planted.ts',
        source: `export const sql = 'set local search_path to orders, inventory'`,
        says: strangersTable,
      },
      {
        kind: 'inventory reads a table of accounts',
        path: 'app/inventory/planted.ts',
        source: `declare const trx: any\nexport const rows = trx.from('accounts.accounts')`,
        says: strangersTable,
      },
      {
        kind: 'orders routes to a controller of inventory',
        path: 'app/orders/api/routes.ts',
        source: `declare const controllers: any\nexport const route = controllers.inventory.Stock`,
        says: 'Each module routes to its own controllers',
      },
      {
        kind: 'messaging names a module',
        path: 'app/messaging/planted.ts',
        source: `export const topic = 'orders'`,
        says: strangersName,
      },
      {
        kind: 'messaging reads the outbox of a module',
        path: 'app/messaging/planted.ts',
        source: 'export const sql = `select count(*) from orders.outbox`',
        says: strangersTable,
      },
    ])
    .run(async ({ assert }, { path, source, says }) => {
      const messages = await lint(path, source)
      assert.isTrue(
        messages.some((message) => message.includes(says)),
        `expected "${says}" among ${JSON.stringify(messages)}`
      )
    })

  test('allows that {kind}')
    .with([
      {
        kind: 'orders names itself, its tables, URLs, abilities, message types and prose',
        path: 'app/orders/planted.ts',
        source: [
          `import { stockReserved } from '#contracts/messages/inventory'`,
          `import { Order } from './models/order.ts'`,
          `// inventory.stock_items belongs to the inventory module`,
          `declare const db: any`,
          `export const own = db.connection('orders').from('orders.lines')`,
          `export const link = '/admin/stock/movements?order=1'`,
          `export const api = ['/api/v1/orders', '/inventory/items.csv', 'inventory:read']`,
          `export const type = 'quartermaster.inventory.stock_reserved.v1'`,
          `export const said = 'The answer of inventory. It may take a while; inventory decides.'`,
          `export const used = [stockReserved, Order]`,
        ].join('\n'),
      },
      {
        kind: 'contracts name the topics',
        path: 'app/contracts/planted.ts',
        source: `export const topics = ['orders', 'inventory']`,
      },
      {
        kind: 'start connects the modules',
        path: 'start/planted.ts',
        source: `import '#orders/subscriptions'\nimport '#inventory/subscriptions'\nexport const hears = 'inventory'`,
      },
      {
        kind: 'messaging puts things into order',
        path: 'app/messaging/planted.ts',
        source: `export const said = 'The relay orders rows by id. It keeps account of what it sent.'`,
      },
    ])
    .run(async ({ assert }, { path, source }) => {
      assert.deepEqual(await lint(path, source), [])
    })

  test('passes for the real tree, and no comment disables it', async ({ assert }) => {
    const results = await eslint.lintFiles(['app', 'config', 'database', 'start'])
    const real = results
      .filter(({ filePath }) => !plantedFile.test(filePath))
      .flatMap(({ filePath, messages, suppressedMessages }) =>
        [...messages, ...suppressedMessages]
          .filter(({ ruleId, fatal }) => fatal || wallRules.includes(ruleId ?? ''))
          .map(({ line, message }) => `${filePath.slice(root.length)}:${line} ${message}`)
      )
    assert.isAbove(results.length, 0)
    assert.deepEqual(real, [])
  })
})

test.group("Boundary check 4: the kernel's tables", () => {
  const says = 'This is a table of the messaging kernel'

  test('fails when {kind}')
    .with(
      [
        ['app/orders/planted.ts', `db.from('TABLE').select('key')`],
        ['app/inventory/pages/planted.ts', `db.table('inventory.TABLE').insert({})`],
        ['app/operations/planted.ts', `db.query().leftJoin('TABLE as t', 'a', 'b')`],
        ['app/accounts/planted.ts', `db.rawQuery('select * from TABLE')`],
        [
          'app/http/planted.ts',
          'db.rawQuery(`with a as (\n  insert into TABLE\n  (key) select 1)`)',
        ],
        ['app/mail/planted.ts', 'db.rawQuery(`update "orders"."TABLE" set key = ${1}`)'],
        ['app/postgres/planted.ts', `db.rawQuery('DELETE FROM TABLE')`],
        ['start/planted.ts', `db.rawQuery('truncate TABLE')`],
        ['config/planted.ts', `db.rawQuery('select 1 from a join TABLE on true')`],
        ['database/planted.ts', `db.rawQuery('alter table TABLE add column a int')`],
      ].map(([path, call]) => ({ kind: `${path} runs ${call}`, path, call }))
    )
    .run(async ({ assert }, { path, call }) => {
      for (const table of KERNEL_TABLES) {
        const source = `declare const db: any\nexport const rows = ${call.replace('TABLE', table)}`
        const messages = await lint(path, source)
        assert.isTrue(
          messages.some((message) => message.includes(says)),
          `${table} in ${source}: ${JSON.stringify(messages)}`
        )
      }
    })

  test('allows the kernel, released migrations, prose, routes and imports', async ({ assert }) => {
    const statement = `declare const db: any\nexport const rows = db.from('outbox')`
    assert.deepEqual(await lint('app/messaging/planted.ts', statement), [])
    assert.deepEqual(await lint('database/orders/migrations/0001_planted.ts', statement), [])
    const harmless = [
      `import { outbox } from '#messaging/outbox/outbox'`,
      `declare const router: any`,
      `export const words = ['unparked a key', 'It waits in the outbox.', 'operations.parked_keys.retry']`,
      `export const route = router.post('replays', [outbox])`,
    ].join('\n')
    assert.deepEqual(await lint('app/operations/planted.ts', harmless), [])
  })
})

test.group('Boundary check 3: PostgreSQL roles', () => {
  /** The SQLSTATE with which PostgreSQL refuses the statement; undefined when it does not. */
  async function refusal(connection: string, sql: string): Promise<string | undefined> {
    return db
      .connection(connection)
      .rawQuery(sql)
      .then(
        () => undefined,
        (error) => error.code ?? String(error)
      )
  }

  const INSUFFICIENT_PRIVILEGE = '42501'
  const tables: Record<string, string> = {
    orders: 'orders.orders',
    inventory: 'inventory.stock_items',
    accounts: 'accounts.accounts',
  }
  const owners = Object.keys(tables)

  test('{module} reads its own tables, as the role {module}_app')
    .with(owners.map((module) => ({ module })))
    .run(async ({ assert }, { module }) => {
      assert.isUndefined(await refusal(module, `select 1 from ${tables[module]} limit 1`))
      const { rows } = await db.connection(module).rawQuery('select current_user as role')
      assert.equal(rows[0].role, `${module}_app`)
    })

  test('{module} may not read or write the tables of {other}')
    .with(
      owners.flatMap((module) =>
        owners.filter((other) => other !== module).map((other) => ({ module, other }))
      )
    )
    .run(async ({ assert }, { module, other }) => {
      for (const statement of [
        `select * from ${tables[other]}`,
        `delete from ${tables[other]} where false`,
      ]) {
        assert.equal(await refusal(module, statement), INSUFFICIENT_PRIVILEGE, statement)
      }
    })

  test('inventory may not rewrite its ledger: {statement}')
    .with([
      { statement: 'update inventory.movements set id = id' },
      { statement: 'delete from inventory.movements' },
      { statement: 'truncate inventory.movements cascade' },
    ])
    .run(async ({ assert }, { statement }) => {
      // By privilege, or by a trigger for the whole statement: the ledger may be empty here.
      const refused = await refusal('inventory', statement)
      assert.oneOf(refused, [INSUFFICIENT_PRIVILEGE, 'P0001', '23001'])
    })
})
