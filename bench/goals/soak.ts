/*
 * B9: 60 % of what the app can settle, for a long time: the heap after a garbage collection, and the outboxes.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pendingMessages } from '../correctness.ts'
import { describeMachine } from '../report.ts'
import type { Endings } from '../under_test/endings.ts'
import { short, type GoalOptions, type GoalReport } from './goal_report.ts'
import { Session } from './session.ts'

const SAMPLES = 20
/** Samples before the heap has its size. */
const SETTLING = 5

export async function soak(options: GoalOptions, endings: Endings): Promise<GoalReport> {
  const machine = describeMachine()
  const folder = mkdtempSync(join(tmpdir(), 'quartermaster-heap-'))
  endings.add({
    end: async () => rmSync(folder, { recursive: true }),
    endNow: () => rmSync(folder, { recursive: true, force: true }),
  })
  const file = join(folder, 'heap')
  const session = await Session.open(
    { ...options, nodeArgs: ['--expose-gc', `--import=${writesHeapOnSignal(file)}`] },
    endings
  )
  const rate = Math.floor((await session.capacity()) * 0.6)
  const seconds = options.minutes * 60
  const loaded = session.load({ rate, seconds })
  const samples: { hours: number; heapMb: number; pending: number }[] = []
  for (let n = 1; n <= SAMPLES; n++) {
    await sleep((seconds * 1_000) / SAMPLES)
    process.kill(session.running.app.pid, 'SIGUSR2')
    await sleep(500)
    const heapMb = Number(readFileSync(file, 'utf8')) / 1_048_576
    const pending = await pendingMessages(session.running.database)
    samples.push({ hours: (n * seconds) / SAMPLES / 3_600, heapMb, pending })
  }
  const { figures } = await loaded
  const faults = await session.end()
  const steady = samples.slice(SETTLING)
  return {
    scenario: 'soak',
    machine,
    options,
    goals: [
      { id: 'B9', what: 'MB of heap after GC, per hour', value: slope(steady), most: 10 },
      {
        id: 'B9',
        what: 'pending messages, at most, per order/s',
        value: Math.max(...steady.map(({ pending }) => pending)) / rate,
        most: 1,
      },
    ],
    notes: [
      `${rate} orders/s for ${options.minutes} min, p50 ${short(figures.settledMs.p50)} ms, p99 ${short(figures.settledMs.p99)} ms`,
      `heap after GC: ${steady.map(({ heapMb }) => heapMb.toFixed(1)).join(' ')} MB`,
    ],
    faults,
  }
}

/** A module that the app loads first. */
function writesHeapOnSignal(file: string) {
  const source = `
    import { writeFileSync } from 'node:fs'
    process.on('SIGUSR2', () => {
      gc()
      writeFileSync(${JSON.stringify(file)}, String(process.memoryUsage().heapUsed))
    })`
  return `data:text/javascript,${encodeURIComponent(source)}`
}

/** Least squares: megabytes per hour. */
function slope(samples: { hours: number; heapMb: number }[]) {
  const mean = (values: number[]) => values.reduce((sum, each) => sum + each, 0) / values.length
  const hours = mean(samples.map((each) => each.hours))
  const heap = mean(samples.map((each) => each.heapMb))
  const over = samples.reduce((sum, each) => sum + (each.hours - hours) * (each.heapMb - heap), 0)
  return over / samples.reduce((sum, each) => sum + (each.hours - hours) ** 2, 0)
}
