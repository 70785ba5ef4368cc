import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { APP_ROOT } from '#tests/support/processes/app_process'
import { waitUntilIdle, check } from './checks.ts'
import type { Fault, Row } from './fault.ts'
import { Flow } from './flow.ts'
import { Load } from './load.ts'
import { Shop } from './shop.ts'
import type { TestBed } from './test_bed.ts'

/** How long orders arrive after they flow again. */
const AFTERWARDS_MS = 1_000

/** Opens a shop, sends orders, injects the fault, and checks everything when no order is in progress. */
export async function runFault(fault: Fault, testBed: TestBed, rate: number): Promise<Row> {
  const { name, how, expected = '' } = fault
  const row: Row = {
    ...{ name, how, expected, accepted: 0, acceptedRate: 0, refused: 0, repeats: 0 },
    ...{ lasted: 0, healed: null, late: false, recovered: 0, took: 0, findings: [] },
  }
  const missing = await fault.unavailable?.()
  if (missing) return { ...row, notRun: missing }

  const began = performance.now()
  const shop = await Shop.open(testBed)
  try {
    await fault.prepare?.(testBed, shop)
    await inject(fault, shop, rate, row)
  } catch (error) {
    row.findings.push((error as Error).message)
  } finally {
    await testBed.restore()
    await shop.close()
    if (row.findings.length > 0 || row.late) row.logs = await keepLogs(shop)
    await fault.cleanUp?.(testBed)
    row.took = (performance.now() - began) / 1_000
  }
  return row
}

async function inject(fault: Fault, shop: Shop, rate: number, row: Row) {
  const { testBed } = shop
  const load = new Load(shop, rate)
  const flow = new Flow(shop, load, fault.explained)
  try {
    await flow.isNormal()
    let begins = performance.now()
    let ends: number | null = null
    await fault.inject({
      ...{ testBed, shop, load, flow },
      begins: () => (begins = performance.now()),
      ends: () => (ends = performance.now()),
    })
    const end: number = fault.instant ? begins : (ends ?? performance.now())
    await flow.isNormal()
    const back = performance.now()
    await sleep(AFTERWARDS_MS)
    const disturbed = fault.instant ? null : flow.disturbed(begins, end)
    row.healed = disturbed === null ? null : disturbed / 1_000
    row.late = fault.recoversMeanwhile === true && disturbed === null
    row.lasted = (end - begins) / 1_000
    row.recovered = flow.disturbed(end, back)! / 1_000
  } finally {
    await load.stop()
    await flow.stop()
    row.accepted = load.accepted.length
    row.acceptedRate = load.acceptedRate
    row.refused = load.refused
  }
  await fault.repair?.(testBed, shop)
  await waitUntilIdle(shop)
  const { repeats, findings } = await check(shop, load)
  row.repeats = repeats
  row.findings.push(...findings)
}

async function keepLogs({ topicPrefix, printed }: Shop): Promise<string> {
  const folder = join('.data/faults', topicPrefix.replace('.', ''))
  await mkdir(join(APP_ROOT, folder), { recursive: true })
  for (const [pid, text] of printed) await writeFile(join(APP_ROOT, folder, `${pid}.log`), text)
  return folder
}
