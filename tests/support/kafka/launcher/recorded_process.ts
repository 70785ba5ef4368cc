import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A process as a file remembers it. A pid alone is not enough: after a crash or a reboot the number
 * may belong to a stranger, so the moment at which the process started is kept beside it.
 */
export type RecordedProcess = { pid: number; started: string }

export type ProcessState = 'running' | 'paused' | 'gone'

/** What the operating system says about a pid now, or undefined if nobody has it. */
function observe(pid: number): { started: string; state: string } | undefined {
  try {
    if (existsSync('/proc/self/stat')) {
      // The command's name (field 2) may hold spaces and brackets: the fields count from its end.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return { state: fields[0], started: fields[19] }
    }
    const line = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [state, ...started] = line.trim().split(/\s+/)
    return { state, started: started.join(' ') }
  } catch {
    return undefined
  }
}

/** Remembers a living process under `file`. Throws if `pid` has already ended. */
export function record(file: string, pid: number, options: { exclusive?: boolean } = {}) {
  const seen = observe(pid)
  if (!seen) throw new Error(`Process ${pid} has ended before it could be recorded`)
  const flag = options.exclusive ? 'wx' : 'w'
  writeFileSync(file, JSON.stringify({ pid, started: seen.started }) + '\n', { flag })
}

/** The process that `file` remembers, or undefined if there is no such file or it is torn. */
export function recorded(file: string): RecordedProcess | undefined {
  try {
    const { pid, started } = JSON.parse(readFileSync(file, 'utf8'))
    return Number.isInteger(pid) && pid > 1 ? { pid, started } : undefined
  } catch {
    return undefined
  }
}

/** Whether the recorded process still lives. A zombie and a stranger with its pid count as gone. */
export function stateOf(target: RecordedProcess | undefined): ProcessState {
  const seen = target && observe(target.pid)
  if (!seen || seen.started !== target.started || /^[ZX]/.test(seen.state)) return 'gone'
  return /^[Tt]/.test(seen.state) ? 'paused' : 'running'
}

/** Sends a signal if, and only if, the recorded process is still the one with this pid. */
export function signal(target: RecordedProcess | undefined, name: NodeJS.Signals) {
  if (!target || stateOf(target) === 'gone') return
  try {
    process.kill(target.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Waits until the process is gone; false when it still lives after `withinMs` milliseconds. */
export async function ended(target: RecordedProcess | undefined, withinMs: number) {
  const deadline = Date.now() + withinMs
  while (stateOf(target) !== 'gone') {
    if (Date.now() > deadline) return false
    await sleep(50)
  }
  return true
}

/**
 * Makes this process the owner of a folder, through a file that only one process can create.
 * Returns the living owner instead if there is one; the claim of a dead owner is taken over.
 */
export function claim(file: string): RecordedProcess | undefined {
  for (;;) {
    try {
      record(file, process.pid, { exclusive: true })
      return undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const owner = recorded(file)
      if (stateOf(owner) !== 'gone') return owner
      rmSync(file, { force: true })
    }
  }
}

/** Whether this very process is the owner that `file` names. */
export function isOurs(file: string) {
  const owner = recorded(file)
  return owner?.pid === process.pid && stateOf(owner) !== 'gone'
}
