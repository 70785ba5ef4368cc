/*
 * The closing line of the suite, `N passed, N failed`, for people and for .ci/run.
 *
 * Hand the reporter to japa: `reporters: { activated: ['spec', 'summary'], list: [spec(), summaryReporter] }`.
 * Import this file early, best as the first thing in bin/test.ts: whatever happens after that, the
 * process does not end without the line, and a run without a single test does not pass.
 */
import type { Runner } from '@japa/runner/core'
import type { NamedReporterContract } from '@japa/runner/types'

let runner: Runner | undefined

export const summaryReporter: NamedReporterContract = {
  name: 'summary',
  handler: (running) => {
    runner = running
  },
}

/** Runs that are not meant to end with our line: a listing, or somebody else's choice of reporters. */
const silent = process.argv.some((argument) => /^--(?:reporters|list-pinned|help)\b/.test(argument))

process.once('exit', (code) => {
  if (!runner && silent) return

  const summary = runner?.getSummary()
  const counts = summary?.aggregates
  // japa keeps the tests that are expected to fail, and did, apart from those that passed.
  const passed = counts ? counts.passed + counts.regression : 0
  const skipped = counts ? counts.skipped + counts.todo : 0
  let failed = counts?.failed ?? 0

  // A hook that failed, a rejection nobody waited for, and a run without tests belong to no test.
  if (failed === 0 && (code !== 0 || summary?.hasError || passed === 0)) failed = 1
  if (failed > 0 && code === 0) process.exitCode = 1

  const skips = skipped > 0 ? `, ${skipped} skipped` : ''
  process.stdout.write(`\n${passed} passed, ${failed} failed${skips}\n`)
})
