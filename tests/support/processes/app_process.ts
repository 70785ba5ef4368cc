/*
 * The app as a process of its own, compiled or as `npm start` starts it: its responses, its output, how it ended.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentsOf } from '#database/embedded/process_identity'
import { resetEmbeddedPostgres, stopEmbeddedPostgres } from '#database/embedded/server'
import { freePort } from '#tests/support/runner/environment'
import { eventually } from '#tests/support/eventually'
import { compiledApp } from './compiled_app.ts'
import { asOrdinaryUser } from './ordinary_user.ts'

export const APP_ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** The app treats empty as unset, and a developer's `.env` does not override it. */
const UNSET = Object.fromEntries(
  [
    ...['DATABASE_URL', 'ORDERS_DATABASE_URL', 'INVENTORY_DATABASE_URL', 'ACCOUNTS_DATABASE_URL'],
    ...['ORDERS_DIRECT_URL', 'INVENTORY_DIRECT_URL', 'KAFKA_BROKERS', 'SMTP_URL', 'PUBLIC_URL'],
  ].map((name) => [name, ''])
)

export interface AppOptions {
  /** A checkout of another release, its packages installed. Undefined: the working tree, compiled. */
  root?: string
  /** Starts the TypeScript of the working tree, as `npm start` does. */
  fromSource?: boolean
  /** Where the app keeps its files; see `dataDirectory`. */
  dataDir: string
  /** Undefined: the embedded PostgreSQL in `dataDir`. */
  databaseUrl?: string
  /** Undefined: the embedded transport. */
  kafka?: { brokers: string; topicPrefix: string }
  /** Undefined: a free one. */
  port?: number
  /** Further settings. */
  env?: Record<string, string>
  /** Another entry file than the app's own. */
  entry?: string
  /** A command's name and flags, after the entry file `ace.js`. */
  args?: string[]
  /** As `nobody` if this process is root. */
  as?: 'ordinary user'
}

export interface Answer {
  status: number
  headers: Headers
  text: string
  /** The parsed body of a JSON response, else null. */
  body: any
}

const children = new Set<ChildProcess>()
process.once('exit', () => children.forEach(endGroup))

export class AppProcess {
  readonly url: string
  readonly pid: number
  /** The settings it was started with, also for commands. */
  readonly env: Record<string, string>
  /** The checkout, or the compiled tree, that it runs from. */
  readonly root: string
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #child: ChildProcess
  stdout = ''
  stderr = ''
  /** How it ended; null while it runs. */
  end: { code: number | null; signal: NodeJS.Signals | null } | null = null

  private constructor(
    child: ChildProcess,
    port: number,
    env: Record<string, string>,
    root: string
  ) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}`
    this.pid = child.pid!
    this.env = env
    this.root = root
    child.stdout!.on('data', (chunk) => (this.stdout += chunk))
    child.stderr!.on('data', (chunk) => (this.stderr += chunk))
    // `close` comes after the last output.
    this.exited = once(child, 'close').then(([code, signal]) => {
      children.delete(child)
      return (this.end = { code, signal })
    })
  }

  /** Starts the app without waiting, for starts that are expected to fail. */
  static async launch(options: AppOptions): Promise<AppProcess> {
    const port = options.port ?? (await freePort())
    const env = environmentOf(options, port)
    const entry = options.entry ?? 'bin/server.ts'
    const fromSource = options.fromSource || options.root !== undefined
    const root = fromSource ? (options.root ?? APP_ROOT) : await compiledApp()
    const program = fromSource ? ['--import=@poppinss/ts-exec', entry] : [compiledName(entry)]
    const args = [...program, ...(options.args ?? [])]
    const command =
      options.as === 'ordinary user'
        ? asOrdinaryUser(nodeOf(root), args)
        : { program: nodeOf(root), args, options: {} }
    const child = spawn(command.program, command.args, {
      cwd: root,
      env,
      // A process group of its own, so that Ctrl-C at the tests' terminal does not reach it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...command.options,
    })
    children.add(child)
    return new AppProcess(child, port, env, root)
  }

  /**
   * Starts the app and waits until it is ready.
   *
   * @throws Error with its output when it ends or is not ready in time
   */
  static async start(options: AppOptions): Promise<AppProcess> {
    const app = await this.launch(options)
    await eventually('the app is ready', async () => {
      if (app.end) throw new Error(`The app ended: ${JSON.stringify(app.end)}\n${app.printed}`)
      const answer = await app.readiness()
      return answer?.status === 200
    }).catch((error) => {
      endGroup(app.#child)
      throw new Error(`${error.message}\n${app.printed}`, { cause: error })
    })
    return app
  }

  /**
   * Starts `messaging:work`, and waits until its workers run.
   *
   * @throws Error with its output when it ends or does not start in time
   */
  static async startWorker(options: AppOptions, ...flags: string[]): Promise<AppProcess> {
    const args = ['messaging:work', ...flags]
    const worker = await this.launch({ ...options, entry: 'ace.js', args })
    await eventually('the worker works', async () => {
      if (worker.end) throw new Error(`The worker ended: ${worker.printed}`)
      return worker.stdout.includes('running workers over')
    })
    return worker
  }

  get printed() {
    return this.stdout + this.stderr
  }

  /** The response of /health/ready; null without one. */
  readiness(): Promise<Answer | null> {
    return this.get('/health/ready').catch(() => null)
  }

  get(path: string, token?: string) {
    return this.request('GET', path, { token })
  }

  /** Under an Idempotency-Key of its own unless one is given. */
  post(path: string, token: string, body: object, key: string = randomUUID()) {
    return this.request('POST', path, { token, body, headers: { 'idempotency-key': key } })
  }

  put(path: string, token: string, body: object) {
    return this.request('PUT', path, { token, body })
  }

  async request(
    method: string,
    path: string,
    options: {
      token?: string
      body?: object
      headers?: Record<string, string>
      /** Milliseconds. */
      within?: number
    } = {}
  ): Promise<Answer> {
    const { token, body, within = 15_000 } = options
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(within),
    })
    const text = await response.text()
    const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
    const { status, headers } = response
    return { status, headers, text, body: isJson ? JSON.parse(text) : null }
  }

  /** Sends a signal to the app only, and waits until it has ended. */
  async kill(signal: NodeJS.Signals) {
    this.#child.kill(signal)
    return this.exited
  }

  /** For teardowns: kills the app and its children in any state. */
  async endNow() {
    endGroup(this.#child)
    await this.exited
  }
}

/** Kills every app that still runs. Call it in each group's teardown. */
export async function endApps() {
  await Promise.all(
    [...children].map(async (child) => {
      const ended = once(child, 'close')
      endGroup(child)
      await ended
    })
  )
}

/** Runs a command of the compiled app with the settings of a running app. */
export async function ace(env: Record<string, string>, ...args: string[]) {
  return run(env, ['ace.js', ...args], await compiledApp())
}

/** The same for a command that the signal kills. */
export async function aceUntil(
  killed: AbortSignal,
  env: Record<string, string>,
  ...args: string[]
) {
  return run(env, ['ace.js', ...args], await compiledApp(), killed)
}

/** Runs a command of the app's own release. */
export function aceOf({ env, root }: AppProcess, ...args: string[]) {
  return run(env, ['ace.js', ...args], root)
}

/** Runs commands in one process; the code is 0 if all of theirs are. */
export async function aceInTurn(env: Record<string, string>, commands: string[][]) {
  const entry = 'tests/support/processes/commands.js'
  return run(env, [entry, JSON.stringify(commands)], await compiledApp())
}

function compiledName(entry: string) {
  return entry.replace(/\.ts$/, '.js')
}

/** The checkout's own Node.js. */
function nodeOf(root: string) {
  return join(root, 'node_modules/.bin/node')
}

function run(env: Record<string, string>, args: string[], root: string, signal?: AbortSignal) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const options = { cwd: root, env, signal, killSignal: 'SIGKILL' as const }
    execFile(nodeOf(root), args, options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr })
    )
  })
}

/** An empty data directory; `remove` also stops the database in it. */
export async function dataDirectory(name = 'data') {
  const parent = await realpath(await mkdtemp(join(tmpdir(), 'quartermaster-')))
  // As root, the embedded PostgreSQL runs as another user, which needs access.
  await chmod(parent, 0o755)
  const path = join(parent, name)
  const remove = async () => {
    await stopEmbeddedPostgres(path)
    await resetEmbeddedPostgres(path)
    await rm(parent, { recursive: true })
  }
  return { path, parent, remove }
}

/** The process id of the database server of that data directory; null when none runs. */
export async function postmasterOf(dataDir: string): Promise<number | null> {
  const pidFile = join(dataDir, 'postgres', 'postmaster.pid')
  const text = await readFile(pidFile, 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  return pid && (await isRunning(pid)) ? pid : null
}

/** False for a zombie process too. */
export async function isRunning(pid: number) {
  const command = await argumentsOf(pid)
  return command !== null && command?.[0] !== ''
}

/** The settings of an app, for commands that run before its start. */
export function environmentOf(options: AppOptions, port: number): Record<string, string> {
  const { PATH, HOME, TMPDIR } = process.env
  return {
    ...UNSET,
    ...(PATH && { PATH }),
    ...(HOME && { HOME }),
    ...(TMPDIR && { TMPDIR }),
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: options.dataDir,
    NODE_COMPILE_CACHE: join(APP_ROOT, '.data/compile_cache'),
    ...(options.databaseUrl && { DATABASE_URL: options.databaseUrl }),
    ...(options.kafka && {
      KAFKA_BROKERS: options.kafka.brokers,
      KAFKA_TOPIC_PREFIX: options.kafka.topicPrefix,
    }),
    ...options.env,
  }
}

function endGroup(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    // It ended before the signal.
  }
}
