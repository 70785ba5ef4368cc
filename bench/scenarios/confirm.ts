/*
 * Scenario: orders of two lines, at a fixed rate or as fast as the connections get responses, until each is final.
 */
import { appBeside, startApp } from '../under_test/app.ts'
import { startKafka } from '../under_test/broker.ts'
import { findFaults, untilSettled } from '../correctness.ts'
import { measureCpu, residentMegabytes, type CpuUse } from '../measure/cpu.ts'
import { startDatabase } from '../under_test/database.ts'
import type { Endings } from '../under_test/endings.ts'
import { findTimes, type OrderTimes } from '../measure/order_times.ts'
import { sendOrders, sendOrdersInTurn } from '../load/loops.ts'
import {
  describeLoad,
  describeMachine,
  distribution,
  type ConfirmOptions,
  type ConfirmResult,
} from '../report.ts'
import type { Sent } from '../load/sent.ts'
import { Shop } from '../load/shop.ts'

/** Orders to stock for, in each second of a closed loop. */
const MOST_PER_SECOND = 5_000

/** @throws Error when a part cannot be started. Violations are in `faults`. */
export async function confirm(options: ConfirmOptions, endings: Endings): Promise<ConfirmResult> {
  const { transport, rate, connections, seconds, warmUpSeconds } = options
  const machine = describeMachine()
  const dataDir = endings.newDataDirectory()

  say('starting database, broker and app')
  const database = await startDatabase(dataDir, options.statements, endings)
  const kafka = transport === 'kafka' ? await startKafka(dataDir, endings) : null
  const app = await startApp({ ...options, dataDir, brokers: kafka?.brokers }, endings)
  const parts = { app: app.pid, postgres: database.pid, kafka: kafka?.pid ?? null }

  const shop = await Shop.open(app)
  const orders = (warmUpSeconds + seconds) * (connections ? MOST_PER_SECOND : rate)
  await shop.restock(orders)

  say(`sending ${describeLoad(options)} for ${warmUpSeconds} + ${seconds} s`)
  const flushes = await database.flushes()
  let endCpu = measureCpu(parts)
  const onMeasuring = () => {
    endCpu = measureCpu(parts)
    void database.forgetStatements().catch(() => {})
  }
  const { sent, endedAt, lateness } = connections
    ? { ...(await sendOrdersInTurn(shop, { ...options, connections, onMeasuring })), lateness: [] }
    : await sendOrders(shop, { ...options, onMeasuring })
  const cpu = endCpu()
  const residentMb = residentMegabytes(app.pid)
  const answers = await Promise.all(sent)

  say('waiting until every order is final')
  await untilSettled(database)
  const flushMs = await database.meanFlushMs(flushes)
  const statements = await database.statements()
  const times = await findTimes(database, flushMs)
  const faults = await findFaults(database, appBeside(app), answers)

  const counted = answers.filter((each) => each.counted)
  return {
    scenario: 'confirm',
    machine,
    load: { transport, rate, connections, seconds, warmUpSeconds, connected: shop.connections },
    counts: count(counted, times),
    perSecond: {
      accepted: counted.filter(isAccepted).length / seconds,
      settled: settledPerSecond(counted, times),
    },
    errors: countErrors(counted),
    httpMs: distribution(
      counted.filter(isAccepted).map((each) => each.answeredAt - each.intendedAt)
    ),
    confirmMs: distribution(latencies(counted, times, (each) => each.confirmed)),
    stagesMs: {
      placed: distribution(latencies(counted, times, (each) => each.placed)),
      reserved: distribution(between(counted, times, 'placed', 'reserved')),
      confirmed: distribution(between(counted, times, 'reserved', 'confirmed')),
    },
    latenessMs: distribution(lateness),
    flushMs,
    cpuMicrosecondsPerOrder: perOrder(cpu, counted.length),
    disturbance: { others: cpu.others, stolen: cpu.stolen },
    residentMb,
    mailsLateAtEnd: await database.mailsSentAfter(endedAt),
    statements,
    faults,
  }
}

function count(sent: Sent[], times: Map<string, OrderTimes>) {
  const ids = sent.flatMap(({ orderId }) => orderId ?? [])
  return {
    sent: sent.length,
    accepted: sent.filter(isAccepted).length,
    errors: sent.filter((each) => !isAccepted(each)).length,
    confirmed: ids.filter((id) => times.get(id)?.confirmed).length,
    rejected: ids.filter((id) => times.get(id)?.rejected).length,
  }
}

/** Orders that became final per second, from the first request to the last confirmation. */
function settledPerSecond(sent: Sent[], times: Map<string, OrderTimes>) {
  const confirmed = sent.flatMap(({ orderId }) => (orderId && times.get(orderId)?.confirmed) || [])
  const begin = sent.reduce((first, { intendedAt }) => Math.min(first, intendedAt), Infinity)
  const end = confirmed.reduce((last, at) => Math.max(last, at), begin)
  return end > begin ? (confirmed.length * 1_000) / (end - begin) : 0
}

/** Error → number of occurrences. */
function countErrors(sent: Sent[]): Record<string, number> {
  const errors: Record<string, number> = {}
  for (const { error } of sent) if (error !== null) errors[error] = (errors[error] ?? 0) + 1
  return errors
}

function isAccepted({ status }: Sent) {
  return status === 202
}

/** Milliseconds since the intended time of the request. */
function latencies(
  sent: Sent[],
  times: Map<string, OrderTimes>,
  at: (times: OrderTimes) => number | null
): number[] {
  return sent.flatMap(({ orderId, intendedAt }) => {
    const moment = orderId === null ? null : at(times.get(orderId) ?? NONE)
    return moment === null ? [] : moment - intendedAt
  })
}

function between(
  sent: Sent[],
  times: Map<string, OrderTimes>,
  from: keyof OrderTimes,
  to: keyof OrderTimes
): number[] {
  return sent.flatMap(({ orderId }) => {
    const { [from]: begin, [to]: end } = (orderId && times.get(orderId)) || NONE
    return begin === null || end === null ? [] : end - begin
  })
}

const NONE: OrderTimes = { placed: null, reserved: null, confirmed: null, rejected: null }

function perOrder({ parts }: CpuUse, orders: number) {
  const entries = Object.entries(parts).map(([name, ms]) => [
    name,
    ms === null ? null : Math.round((ms * 1_000) / orders),
  ])
  return Object.fromEntries(entries) as Record<string, number | null>
}

function say(what: string) {
  console.error(`… ${what}`)
}
