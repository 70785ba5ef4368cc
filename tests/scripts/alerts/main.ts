/*
 * `npm run test:alerts`: Prometheus evaluates docs/operations/alerts.yml on the series of cases.ts.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { CASES } from './cases.ts'

const RULES = fileURLToPath(new URL('../../../docs/operations/alerts.yml', import.meta.url))

const HELP = `npm run test:alerts

  Evaluates each alert of docs/operations/alerts.yml on series with which it fires, and on similar ones with
  which it does not. Needs promtool: install the package prometheus (Debian, Ubuntu), or name the program in
  PROMTOOL.

  Exit codes: 0: every alert is as expected; 1: an alert is not, or has no case; 2: promtool is missing.
`

process.exitCode = main(process.argv.slice(2))

function main(args: string[]): number {
  if (args.includes('--help')) {
    console.log(HELP)
    return 0
  }
  const rules: { groups: { rules: { alert: string }[] }[] } = parse(readFileSync(RULES, 'utf8'))
  const alerts = rules.groups.flatMap((group) => group.rules.map(({ alert }) => alert))
  const apart = [
    ...alerts.filter((alert) => !CASES[alert]).map((alert) => `${alert} has no case in cases.ts.`),
    ...Object.keys(CASES)
      .filter((alert) => !alerts.includes(alert))
      .map((alert) => `${alert} is not in docs/operations/alerts.yml.`),
  ]
  if (apart.length > 0) {
    console.error(apart.join('\n'))
    return 1
  }
  return runPromtool()
}

function runPromtool(): number {
  const dir = mkdtempSync(join(tmpdir(), 'quartermaster-alerts-'))
  try {
    // JSON is YAML.
    const file = join(dir, 'cases.yml')
    writeFileSync(file, JSON.stringify({ rule_files: [RULES], tests: tests() }))
    const program = process.env.PROMTOOL || 'promtool'
    const { error, status } = spawnSync(program, ['test', 'rules', file], { stdio: 'inherit' })
    if (!error) return status === 0 ? 0 : 1
    console.error(
      `${program} could not be started (${error.message}). Install it, on Debian and Ubuntu with "apt-get install prometheus", or name it in PROMTOOL.`
    )
    return 2
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function tests() {
  return Object.entries(CASES).flatMap(([alert, { fires, quiet, at = 90 }]) => {
    const test = (name: string, series: Record<string, string>, isFiring: boolean) => ({
      name: `${alert} ${name}`,
      interval: '1m',
      input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="${alert}", alertstate="firing"})`,
          eval_time: `${at}m`,
          exp_samples: isFiring ? [{ labels: '{}', value: 1 }] : [],
        },
      ],
    })
    return [test('fires', fires, true), test('does not fire', quiet, false)]
  })
}
