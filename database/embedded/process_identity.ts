import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** A process; the start time distinguishes it from a later one with the same pid. `startedAt` can only be compared. */
export type ProcessIdentity = { pid: number; startedAt: string }

export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, startedAt: (await startTimeOf(process.pid)) ?? 'unknown' }
}

/** Whether the process still runs. A zombie does not, nor does one whose pid another process has. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await startTimeOf(identity.pid)) === identity.startedAt
}

/** The command line of a process: null when it does not run, undefined when the system does not reveal it. */
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
  // On Windows, where it is expensive to find, only the pid counts.
  if (process.platform === 'win32') return 'unknown'
  if (process.platform !== 'linux') return ps(pid, 'lstart=')
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // Field 2, the command in parentheses, may contain spaces: count from its end (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, ticksSinceBoot] = [fields[0], fields[19]]
    if (state === 'Z' || state === 'X') return null
    // Ticks are relative to the boot of the machine.
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
  const args = ['-o', column, '-p', String(pid)]
  const result = await promisify(execFile)('ps', args, { env }).catch(() => null)
  return result?.stdout.trim() || null
}
