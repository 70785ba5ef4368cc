/*
 * `npm test`: the suites in runners side by side, since most of them wait more than they compute. Each runner
 * is a process with a PostgreSQL server of its own; they share the broker.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { brokers, stopBroker } from '#tests/support/kafka/broker'
import { compiledApp } from '#tests/support/processes/compiled_app'

/** The suites of each runner. All runners take about the same time. */
const WITHOUT_KAFKA = ['architecture', 'unit', 'functional', 'database', 'faults']
const WITH_KAFKA = [['messaging', 'browser'], ['outages'], ['processes', 'flows']]
export const suitesThatRun = [WITHOUT_KAFKA, ...WITH_KAFKA].flat()

/** Where a runner begins to report its failures and counts. */
const REPORT = /^.*\b(?:ERRORS|PASSED|FAILED)\b.*$/m
const CLOSING_LINE = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/m

/** Ends the process with the closing line of all runners together; with 1 when a test or a runner failed. */
export async function runSideBySide(entry: string): Promise<never> {
  const runners = [new Runner(entry, WITHOUT_KAFKA)]
  const end = () => runners.forEach((runner) => runner.end())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  // The command that started this process was killed.
  process.once('disconnect', end)
  // Both serve several runners: each alone would compile the app as well.
  const [kafka] = await Promise.all([brokers(), compiledApp()])
  for (const suites of WITH_KAFKA) {
    runners.push(new Runner(entry, suites, { TEST_KAFKA_BROKERS: kafka?.join() }))
  }
  await Promise.all(runners.map(({ ended }) => ended))
  await stopBroker()
  runners.forEach((runner) => runner.printRest())
  const sum = (count: keyof Counts) => runners.reduce((n, { counts }) => n + counts[count], 0)
  const skips = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''
  process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed${skips}\n`)
  process.exit(sum('failed') > 0 ? 1 : 0)
}

interface Counts {
  passed: number
  failed: number
  skipped: number
}

class Runner {
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #printed = ''
  counts: Counts = { passed: 0, failed: 1, skipped: 0 }

  constructor(entry: string, suites: string[], settings: NodeJS.ProcessEnv = {}) {
    const env = { ...process.env, TEST_RUNNER: suites[0], ...settings }
    this.#child = fork(entry, suites, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    for (const output of [this.#child.stdout!, this.#child.stderr!]) {
      output.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    }
    this.ended = once(this.#child, 'close').then(([code]) => {
      const [line, passed, failed, skipped = 0] = CLOSING_LINE.exec(this.#printed) ?? []
      if (!line) {
        this.#printed += `\nThe runner of ${suites.join(', ')} ended without its closing line.\n`
        return
      }
      this.#printed = this.#printed.replace(`\n${line}\n`, '')
      this.counts = { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) }
      if (code !== 0 && this.counts.failed === 0) this.counts.failed = 1
    })
  }

  end() {
    this.#child.kill('SIGTERM')
  }

  /** What it reports at its end, failures above all, comes after the tests of every runner. */
  printRest() {
    process.stdout.write(this.#printed)
  }

  /** Prints whole groups of tests, which blank lines separate, so that the output of runners does not mix. */
  #take(text: string) {
    this.#printed += text
    const report = REPORT.exec(this.#printed)?.index
    const end = this.#printed.lastIndexOf('\n\n', report) + 1
    process.stdout.write(this.#printed.slice(0, end))
    this.#printed = this.#printed.slice(end)
  }
}
