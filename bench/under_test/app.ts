import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '#tests/support/runner/environment'
import { fromSource, homeOf, node, serverOf, type Checkout } from './checkout.ts'
import type { Endings } from './endings.ts'

const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 15_000

export interface AppUnderTest {
  /** For example `http://127.0.0.1:40001`. */
  url: string
  pid: number
  /** An access token. */
  token: string
  env: NodeJS.ProcessEnv
  checkout: Checkout
  /** From the start of the process until it was ready. */
  startMs: number
  stop(): Promise<void>
}

interface Settings {
  /** Data directory with its running database and its mails. */
  dataDir: string
  /** Value of `KAFKA_BROKERS`; without it the embedded transport is used. */
  brokers?: string
  /** Folder of the V8 CPU profile that the app writes at its end. */
  profileDir?: string
  /** Database and token of another app to run beside. */
  databaseUrl?: string
  token?: string
  checkout?: Checkout
  /** Further environment. */
  env?: NodeJS.ProcessEnv
  /** Further arguments of Node.js. */
  nodeArgs?: string[]
}

/**
 * Starts the app, and waits until it is ready.
 *
 * @throws Error with the end of its output when it ends before, or is not ready within a minute
 */
export async function startApp(settings: Settings, endings: Endings): Promise<AppUnderTest> {
  const { dataDir, profileDir, checkout = fromSource, nodeArgs = [] } = settings
  const env = { ...(await environment(settings)), ...settings.env }
  const profiling = profileDir ? ['--cpu-prof', `--cpu-prof-dir=${profileDir}`] : []
  const begun = performance.now()
  const args = [...profiling, ...nodeArgs, ...serverOf(checkout)]
  const { child, logFile, stop } = startProcess(args, { dataDir, checkout, env }, endings)

  const url = `http://${env.HOST}:${env.PORT}`
  const until = Date.now() + READY_WITHIN_MS
  while (!(await isReady(url))) {
    if (child.exitCode !== null || Date.now() > until) {
      const words = readFileSync(logFile, 'utf8').trim().split('\n').slice(-15).join('\n')
      throw new Error(`the app did not start. Its last words:\n${words}`)
    }
    await sleep(20)
  }
  const startMs = performance.now() - begun
  const { token } = settings.token
    ? { token: settings.token }
    : JSON.parse(readFileSync(join(dataDir, 'administrator.json'), 'utf8'))
  return { url, pid: child.pid!, token, env, checkout, startMs, stop }
}

/** Starts `node ace messaging:work` with these flags. */
export async function startWorker(settings: Settings, flags: string[], endings: Endings) {
  const { dataDir, checkout = fromSource } = settings
  const env = { ...(await environment(settings)), ...settings.env }
  const args = ['ace.js', 'messaging:work', ...flags]
  const { child, stop } = startProcess(args, { dataDir, checkout, env }, endings)
  return { pid: child.pid!, stop }
}

function startProcess(
  args: string[],
  { dataDir, checkout, env }: { dataDir: string; checkout: Checkout; env: NodeJS.ProcessEnv },
  endings: Endings
) {
  const logFile = join(dataDir, 'app.log')
  const log = openSync(logFile, 'a')
  const child = spawn(
    process.execPath,
    args,
    // Its own process group, so that Ctrl-C reaches only us, and we stop it before its database.
    { cwd: homeOf(checkout), env, stdio: ['ignore', log, log], detached: true }
  )
  const exited = once(child, 'exit').catch(() => {})
  const stop = async () => {
    child.kill('SIGTERM')
    const inTime = await Promise.race([exited.then(() => true), later(STOP_WITHIN_MS)])
    if (!inTime) child.kill('SIGKILL')
    await exited
  }
  endings.add({ end: stop, endNow: () => child.kill('SIGKILL') })
  return { child, logFile, stop }
}

/** Runs `node ace …` beside the app, with its settings. */
export function appBeside({ env, checkout }: Pick<AppUnderTest, 'env' | 'checkout'>) {
  return (...args: string[]) => node(['ace.js', ...args], homeOf(checkout), env)
}

/** Clears the caller's settings. An empty one also overrides a `.env` file. */
export async function environment({
  dataDir,
  brokers = '',
  databaseUrl = '',
}: Settings): Promise<NodeJS.ProcessEnv> {
  const { PATH, HOME, TMPDIR } = process.env
  return {
    PATH,
    HOME,
    TMPDIR,
    NODE_ENV: 'development',
    LOG_LEVEL: 'warn',
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    DATA_DIR: dataDir,
    KAFKA_BROKERS: brokers,
    DATABASE_URL: databaseUrl,
    ORDERS_DATABASE_URL: '',
    INVENTORY_DATABASE_URL: '',
    ACCOUNTS_DATABASE_URL: '',
    SMTP_URL: '',
  }
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/ready`).catch(() => null)
  await answer?.arrayBuffer()
  return answer?.status === 200
}

async function later(milliseconds: number): Promise<false> {
  await sleep(milliseconds, undefined, { ref: false })
  return false
}
