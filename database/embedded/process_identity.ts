import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/**
 * One process, told apart from a later one with the same pid by its start time. `startedAt` is opaque:
 * it compares, it does not parse.
 */
export type ProcessIdentity = { pid: number; startedAt: string }

/** This very process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, startedAt: (await startTimeOf(process.pid)) ?? 'unknown' }
}

/** Whether that process still runs. A zombie has ended, and so has one whose pid is in use again. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await startTimeOf(identity.pid)) === identity.startedAt
}

/**
 * The command line of a running process, null when no such process runs, undefined where the system
 * does not tell.
 */
export async function argumentsOf(pid: number): Promise<string[] | null | undefined> {
  if (!signalsReach(pid)) return null
  if (process.platform === 'win32') return undefined
  if (process.platform !== 'linux') {
    const commandLine = await ps(pid, 'command=')
    return commandLine?.split(' ') ?? null
  }
  try {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    return commandLine.split('\0')
  } catch {
    return signalsReach(pid) ? undefined : null
  }
}

async function startTimeOf(pid: number): Promise<string | null> {
  if (!signalsReach(pid)) return null
  // Windows has no cheap answer: there the pid alone decides.
  if (process.platform === 'win32') return 'unknown'
  if (process.platform !== 'linux') return ps(pid, 'lstart=')
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // Field 2 is the command in brackets and may hold blanks: count from behind it (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, ticksSinceBoot] = [fields[0], fields[19]]
    if (state === 'Z' || state === 'X') return null
    // Ticks count from the boot of the machine, so the boot belongs to the identity.
    return `${await bootId()}:${ticksSinceBoot}`
  } catch {
    return null
  }
}

function signalsReach(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function bootId(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'unknown')
  return id.trim()
}

async function ps(pid: number, column: string): Promise<string | null> {
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
  const answer = await promisify(execFile)('ps', ['-o', column, '-p', String(pid)], { env }).catch(
    () => null
  )
  return answer?.stdout.trim() || null
}
