/*
 * `npm run planted`: plants the bugs of bugs.ts in a copy of the app, and expects a test to fail for each.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startEmbeddedPostgres } from '#database/embedded/server'
import { testDataDir } from '#tests/support/runner/environment'
import { BUGS, type Bug, type Spec } from './bugs.ts'
import { plant } from './plant.ts'

const HELP = `npm run planted -- [options] [part of a bug's name …]

  Plants one bug after the other in a copy of the app, runs the specs that should fail, and prints the test
  that caught the bug.

  --list      list the names of all bugs
  --help      show this text

  Exit codes: 0: every bug was caught; 1: a bug was not caught, or no bug has this name; 2: invalid arguments.

Example: npm run planted -- "is not recorded"
`

const root = fileURLToPath(new URL('../../../', import.meta.url))
const LEFT_OUT = ['node_modules', '.git', '.data', 'build', 'coverage']

const { wanted, list, help } = readArguments(process.argv.slice(2))
const bugs = BUGS.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part))
)
if (help) console.log(HELP)
if (list) for (const { name } of bugs) console.log(name)
if (help || list) process.exit(0)

const passes = new Map<string, boolean>()

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)))
}

const copy = await mkdtemp(join(tmpdir(), 'quartermaster-planted-'))
const server = process.env.TEST_DATABASE_URL
  ? null
  : await startEmbeddedPostgres({ dataDir: testDataDir, as: 'guest' })
try {
  // Before anything slow: code that was changed must not leave a bug without its place.
  for (const bug of bugs) await plant(root, bug)
  await cp(root, copy, {
    recursive: true,
    filter: (path) => !LEFT_OUT.some((name) => path === join(root, name)),
  })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  let caught = 0
  for (const bug of bugs) if (await isCaught(bug)) caught++
  console.log(`\n${caught} of ${bugs.length} caught`)
  if (caught < bugs.length || bugs.length === 0) process.exitCode = 1
} finally {
  await server?.stop()
  await rm(copy, { recursive: true, maxRetries: 3 })
}

/** Exits with 2 for invalid arguments. */
function readArguments(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    return { ...values, wanted: positionals }
  } catch (error) {
    console.error(`${(error as Error).message}\n\nnpm run planted -- --help lists all options.`)
    process.exit(2)
  }
}

async function isCaught(bug: Bug): Promise<boolean> {
  console.log(`${bug.file}: ${bug.name}`)
  for (const spec of bug.caughtBy) await assertPasses(spec)
  const { sound, broken } = await plant(copy, bug)
  await writeFile(join(copy, bug.file), broken)
  let all = true
  for (const spec of bug.caughtBy) {
    const { failed, printed } = await run(spec)
    console.log(failed ? `  caught by ${spec.file}: ${failed}` : `  NOT CAUGHT by ${spec.file}`)
    if (!failed) console.log(printed)
    all &&= failed !== null
  }
  await writeFile(join(copy, bug.file), sound)
  return all
}

/** @throws Error when the spec fails without any bug: it would prove nothing */
async function assertPasses(spec: Spec) {
  const name = JSON.stringify(spec)
  if (passes.has(name)) return
  const { passed, printed } = await run(spec)
  if (!passed) throw new Error(`${spec.file} fails without any bug:\n${printed}`)
  passes.set(name, true)
}

/**
 * Resolves when the specs have ended, so that nothing uses the copy or the database any longer.
 *
 * @returns whether every test passed, and the title of the first that failed
 * @throws Error when this command was stopped meanwhile
 */
async function run({ suite, file, test }: Spec) {
  stop.signal.throwIfAborted()
  const env = {
    ...process.env,
    HISTORY_SHRINK: 'off',
    ...(server && { TEST_DATABASE_URL: server.url }),
  }
  const only = test ? [`--tests=${test}`] : []
  const args = ['ace.js', 'test', suite, `--files=${file}`, ...only, '--bail']
  const settings = { cwd: copy, env, maxBuffer: 100_000_000 }
  const ended = await new Promise<{ error: Error | null; stdout: string; stderr: string }>(
    (resolve) => {
      const child = execFile(process.execPath, args, settings, (error, stdout, stderr) =>
        resolve({ error, stdout, stderr })
      )
      stop.signal.addEventListener('abort', () => child.kill(), { once: true })
    }
  )
  stop.signal.throwIfAborted()
  const failed = /^ +✖ (.*)$/m.exec(ended.stdout)?.[1] ?? null
  return { passed: ended.error === null, failed, printed: ended.stdout + ended.stderr }
}
