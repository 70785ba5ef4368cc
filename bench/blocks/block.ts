/*
 * A block: the limit, the app under a load, the correctness of the result, and the limit again.
 */
import { findFaults, untilSettled } from '../correctness.ts'
import { measureLimit, type LimitFigures } from '../limit/limit.ts'
import { generate } from '../load/generator.ts'
import type { Sent } from '../load/sent.ts'
import { measureCpu, residentMegabytes } from '../measure/cpu.ts'
import { findTimes, type OrderTimes } from '../measure/order_times.ts'
import { distribution } from '../report.ts'
import { appBeside } from '../under_test/app.ts'
import type { Checkout } from '../under_test/checkout.ts'
import type { DatabaseUnderTest } from '../under_test/database.ts'
import type { RunningApp, Stage } from '../under_test/stage.ts'
import type { Case } from './cases.ts'
import type { Figures } from './figures.ts'

export interface Block {
  figures: Figures
  limits: LimitFigures[]
  /** The limit at the rate of an open loop, as its CPU per order falls with the rate; null for closed loops. */
  limitAtRate: LimitFigures | null
  /** Violations, one line each. */
  faults: string[]
}

/** The two limits of a kept block differ by this share at most. */
export const MOST_DRIFT = 0.15

export async function runBlock(stage: Stage, checkout: Checkout, scenario: Case): Promise<Block> {
  const before = await limitOf(stage, scenario)
  const measured = await measureApp(stage, checkout, scenario)
  const after = await limitOf(stage, scenario)
  const { rate } = scenario.load
  const limitAtRate = rate > 0 ? await limitOf(stage, scenario, rate) : null
  return { ...measured, limits: [before, after], limitAtRate }
}

/** Measures the app without the limit. */
export async function measureApp(stage: Stage, checkout: Checkout, scenario: Case) {
  const running = await stage.startApp({ checkout, ...scenario })
  const { figures, sent } = await measureLoad(stage, running, scenario)
  const faults = await findFaults(running.database, appBeside(running.app), sent, {
    mails: scenario.env?.CUSTOMER_MAILS === 'on',
  })
  await running.app.stop()
  await stage.drop(running.database)
  return { figures, faults }
}

async function limitOf(
  stage: Stage,
  { catalogue, lines, limitSeconds }: Case,
  rate: number | null = null
) {
  const database = await stage.emptyDatabase()
  await database.query('checkpoint')
  const figures = await measureLimit({
    url: database.url,
    postgresPid: database.pid,
    seconds: limitSeconds,
    together: 20,
    rate,
    lines,
    skus: catalogue.skus,
  })
  await stage.drop(database)
  return figures
}

/**
 * Sends a load, and waits until every order is final.
 *
 * @param onSent - called when the last request is sent
 */
export async function measureLoad(
  stage: Stage,
  { app, database }: RunningApp,
  scenario: Pick<Case, 'catalogue' | 'lines' | 'load' | 'transport'>,
  onSent = () => {}
) {
  const { catalogue, lines, load, transport } = scenario
  const kafka = transport === 'kafka' ? await stage.kafka() : null
  const parts = { app: app.pid, postgres: database.pid, kafka: kafka?.pid ?? null }
  const orders = {
    url: app.url,
    path: '/api/v1/orders',
    headers: { authorization: `Bearer ${app.token}` },
    body: { skus: catalogue.skus, lines, members: { email: 'ada@example.com', name: 'Ada' } },
  }
  await database.query('checkpoint')
  const flushes = await database.flushes()
  let endCpu = measureCpu(parts)
  let endLoadCpu = measureCpu({})
  let loadCpu = endLoadCpu()
  const begun = { measuring: 0, sent: 0 }
  const { sent, lateness } = await generate(orders, load, {
    onMeasuring(pid) {
      begun.measuring = performance.now()
      endCpu = measureCpu(parts)
      endLoadCpu = measureCpu({ load: pid, ...parts })
    },
    onSent() {
      begun.sent = performance.now()
      loadCpu = endLoadCpu()
      onSent()
    },
  })
  const residentMb = residentMegabytes(app.pid)
  await untilSettled(database)
  const cpu = endCpu()
  const times = await findTimes(database, await database.meanFlushMs(flushes))
  const counted = sent.filter((each) => each.counted)
  const accepted = counted.filter(({ error }) => error === null)
  const sentMs = begun.sent - begun.measuring
  const figures: Figures = {
    acceptedPerSecond: (accepted.length * 1_000) / sentMs,
    settledPerSecond: settledPerSecond(accepted, times),
    httpMs: distribution(accepted.map((each) => each.answeredAt - each.intendedAt)),
    settledMs: distribution(
      accepted.flatMap((each) => {
        const at = settledAt(each, times)
        return at === null ? [] : at - each.intendedAt
      })
    ),
    cpuMicroseconds: perOrder(cpu.parts, accepted.length),
    loadCores: loadCpu.parts.load === null ? null : loadCpu.parts.load / sentMs,
    latenessMs: distribution(lateness),
    residentMb,
    deadlocks: await deadlocks(database),
    errors: countErrors(counted),
    disturbance: { others: loadCpu.others, stolen: loadCpu.stolen },
  }
  return { figures, sent }
}

function settledAt({ orderId }: Sent, times: Map<string, OrderTimes>): number | null {
  const { confirmed = null, rejected = null } = (orderId && times.get(orderId)) || {}
  return confirmed ?? rejected
}

function settledPerSecond(sent: Sent[], times: Map<string, OrderTimes>) {
  const settled = sent.flatMap((each) => settledAt(each, times) ?? [])
  const begin = sent.reduce((first, { intendedAt }) => Math.min(first, intendedAt), Infinity)
  const end = settled.reduce((last, at) => Math.max(last, at), begin)
  return end > begin ? (settled.length * 1_000) / (end - begin) : 0
}

function perOrder(parts: Record<string, number | null>, orders: number) {
  const entries = Object.entries(parts).map(([name, ms]) => [name, ms && (ms * 1_000) / orders])
  return Object.fromEntries(entries) as Record<string, number | null>
}

/** Error → number of occurrences. */
export function countErrors(sent: Sent[]): Record<string, number> {
  const errors: Record<string, number> = {}
  for (const { error } of sent) if (error !== null) errors[error] = (errors[error] ?? 0) + 1
  return errors
}

async function deadlocks(database: DatabaseUnderTest) {
  const [{ count }] = await database.query<{ count: number }>(
    `select deadlocks::int as count from pg_stat_database where datname = current_database()`
  )
  return count
}
