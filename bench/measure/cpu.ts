/*
 * CPU time from /proc (proc_pid_stat(5)), which depends less on a busy machine than latencies do.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Process ids of the parts; null for a part that does not run. */
type Parts = Record<string, number | null>

interface Reading {
  /** CPU milliseconds of each part's process and its children, including ended ones. */
  parts: Record<string, number>
  /** CPU milliseconds of this process. */
  ours: number
  /** Milliseconds of all cores: in use, taken by the machine's host, and both with those at rest. */
  machine: { busy: number; stolen: number; all: number }
}

export interface CpuUse {
  /** CPU milliseconds of each part; null if unknown or not running. */
  parts: Record<string, number | null>
  /** Shares of all cores, 0 to 1, used by other processes and stolen by the host. */
  others: number
  stolen: number
}

const onLinux = process.platform === 'linux'
const tickMs = onLinux
  ? 1_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  : 0

/** Starts measuring. @returns a function that stops it */
export function measureCpu(pids: Parts): () => CpuUse {
  const begun = onLinux ? read(pids) : null
  return () => {
    const used = Object.entries(pids).map(([name]) => [name, null] as [string, number | null])
    if (!begun) return { parts: Object.fromEntries(used), others: 0, stolen: 0 }
    const now = read(pids)
    for (const part of used) {
      if (part[0] in now.parts) part[1] = now.parts[part[0]] - begun.parts[part[0]]
    }
    const known = used.reduce((sum, [, ms]) => sum + (ms ?? 0), now.ours - begun.ours)
    const all = now.machine.all - begun.machine.all
    return {
      parts: Object.fromEntries(used),
      others: Math.max(0, now.machine.busy - begun.machine.busy - known) / all,
      stolen: (now.machine.stolen - begun.machine.stolen) / all,
    }
  }
}

function read(pids: Parts): Reading {
  const processes = readProcesses()
  const parts: Record<string, number> = {}
  for (const [name, pid] of Object.entries(pids)) {
    if (pid === null) continue
    const ticks = processes
      .filter((each) => each.pid === pid || each.parent === pid)
      .reduce((sum, each) => sum + each.own + each.ofDeadChildren, 0)
    parts[name] = ticks * tickMs
  }
  const { user, system } = process.cpuUsage()
  return { parts, ours: (user + system) / 1_000, machine: readMachine() }
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc_stat(5)). */
function readMachine(): Reading['machine'] {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0]
  const ticks = line.split(/\s+/).slice(1, 9).map(Number)
  const [user, nice, system, idle, iowait, irq, softirq, stolen] = ticks.map((t) => t * tickMs)
  const busy = user + nice + system + irq + softirq
  return { busy, stolen, all: busy + stolen + idle + iowait }
}

/** Resident memory of a process in megabytes; null if unknown. */
export function residentMegabytes(pid: number): number | null {
  if (!onLinux) return null
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024)
}

/** In ticks. */
function readProcesses() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // Field 2 is the command in brackets and may hold blanks: the rest counts from behind it.
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number)
      const [parent, utime, stime, cutime, cstime] = [1, 11, 12, 13, 14].map((at) => fields[at])
      return [{ pid: Number(pid), parent, own: utime + stime, ofDeadChildren: cutime + cstime }]
    } catch {
      return [] // It has ended meanwhile.
    }
  })
}
