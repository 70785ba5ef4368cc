/*
 * `npm run planted`: would the histories notice? Plants each bug in a copy of the app, runs the
 * histories on it, and prints which seed has caught it. Exits 1 when one goes unnoticed.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbeddedPostgres } from '#database/embedded/server'
import { testDataDir } from '#tests/environment'
import { seed } from './history.ts'

interface Layer {
  suite: string
  files: string
  test: string
  /** What it prints when it has caught something, and how far it had come, where it can tell. */
  caught: RegExp
}

const PURE: Layer = {
  suite: 'unit',
  files: 'histories/unit/protocol',
  test: 'keeps its promises in thousands of random histories',
  caught: /Property failed after (\d+) tests/,
}
const IN_DATABASE: Layer = {
  suite: 'functional',
  files: 'histories/functional/use_cases',
  test: 'keep their promises in hundreds of random histories',
  caught: /Property failed after (\d+) tests/,
}
const THROUGH_A_PROCESS: Layer = {
  suite: 'processes',
  files: 'processes/histories',
  test: 'of one process that is killed among them leave everything in order',
  caught: /messaging:verify.*\n.*"not_handled"/,
}

interface Bug {
  name: string
  file: string
  /** Must be there once. */
  text: string
  instead: string
  caughtBy: Layer[]
}

const BUGS: Bug[] = [
  {
    name: 'the delta rule dropped: a change holds its lines beside those held before',
    file: 'app/inventory/stock_plan.ts',
    text: 'const delta = (wanted.get(sku) ?? 0) - (held.get(sku) ?? 0)',
    instead: 'const delta = wanted.get(sku) ?? 0',
    caughtBy: [PURE, IN_DATABASE],
  },
  {
    name: 'the delta rule dropped: a change must find all its lines free',
    file: 'app/inventory/stock_plan.ts',
    text: 'const own = head.held.get(sku) ?? 0',
    instead: 'const own = 0',
    caughtBy: [PURE, IN_DATABASE],
  },
  {
    name: 'the head check dropped: an older target is applied',
    file: 'app/inventory/stock_plan.ts',
    text: `if (target.revision < head.revision) return { kind: 'stale' }`,
    instead: '',
    caughtBy: [PURE, IN_DATABASE],
  },
  {
    name: 'heldRevision of a stale answer ignored',
    file: 'app/orders/order_status.ts',
    text: `: moved(from, 'holding_moved')`,
    instead: `: { outcome: 'stale' }`,
    caughtBy: [PURE, IN_DATABASE],
  },
  {
    name: 'messages acknowledged before their effects commit, by the consumer',
    file: 'app/messaging/consumer.ts',
    text: 'if (heard.length > 0) await this.#settle(heard, batch)',
    instead: 'if (heard.length > 0) void this.#settle(heard, batch).catch(() => {})',
    caughtBy: [IN_DATABASE],
  },
  {
    name: 'messages acknowledged before their effects commit, by the transport',
    file: 'app/messaging/transports/embedded.ts',
    text: 'await subscriber.handle(',
    instead: 'void subscriber.handle(',
    caughtBy: [THROUGH_A_PROCESS],
  },
]

const root = fileURLToPath(new URL('../../', import.meta.url))
const LEFT_OUT = ['node_modules', '.git', '.data', 'build', 'docs', 'coverage']

const copy = await mkdtemp(join(tmpdir(), 'quartermaster-planted-'))
const server = process.env.TEST_DATABASE_URL
  ? null
  : await startEmbeddedPostgres({ dataDir: testDataDir, as: 'guest' })
try {
  await cp(root, copy, {
    recursive: true,
    filter: (path) => !LEFT_OUT.some((name) => path === join(root, name)),
  })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const layer of [PURE, IN_DATABASE, THROUGH_A_PROCESS]) {
    const { passed, printed } = await tellHistories(layer)
    if (!passed) throw new Error(`without any bug they fail:\n${printed}`)
  }
  for (const bug of BUGS) await plant(bug)
} finally {
  await server?.stop()
  await rm(copy, { recursive: true })
}

async function plant({ name, file, text, instead, caughtBy }: Bug) {
  const path = join(copy, file)
  const sound = await readFile(path, 'utf8')
  if (sound.split(text).length !== 2) throw new Error(`${file} does not hold once: ${text}`)
  await writeFile(
    path,
    sound.replace(text, () => instead)
  )
  console.log(name)
  for (const layer of caughtBy) {
    const { passed, printed } = await tellHistories(layer)
    const caught = passed ? null : layer.caught.exec(printed)
    const history = caught?.[1] ? ` in history ${caught[1]}` : ''
    console.log(`  ${layer.files}: ${caught ? `caught by seed ${seed()}${history}` : 'NOT CAUGHT'}`)
    if (caught) continue
    console.log(printed)
    process.exitCode = 1
  }
  await writeFile(path, sound)
}

async function tellHistories({ suite, files, test }: Layer) {
  const env = {
    ...process.env,
    HISTORY_SHRINK: 'off',
    ...(server && { TEST_DATABASE_URL: server.url }),
  }
  const args = ['ace.js', 'test', suite, `--files=${files}`, `--tests=${test}`]
  return new Promise<{ passed: boolean; printed: string }>((resolve) => {
    execFile(process.execPath, args, { cwd: copy, env }, (error, stdout, stderr) =>
      resolve({ passed: error === null, printed: stdout + stderr })
    )
  })
}
