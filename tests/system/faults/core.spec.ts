/*
 * The short set of faults, which every change must pass; `npm run test:faults` runs all of them.
 */
import { test } from '@japa/runner'
import { noBrokerOfOurs } from '#tests/support/kafka/broker'
import { faults } from './catalogue/all.ts'
import { runFault } from './run_fault.ts'
import { TestBed } from './test_bed.ts'

/** Orders a second: few enough for two cores that also run three brokers. */
const RATE = 20

const missing = await noBrokerOfOurs()

test.group('Nothing is lost or duplicated, and each key keeps its order, through', (group) => {
  let testBed: TestBed

  group.setup(async () => {
    if (!missing) testBed = await TestBed.open()
  })
  group.teardown(() => testBed?.close())

  for (const fault of faults.filter(({ core }) => core)) {
    test(fault.name, async ({ assert }) => {
      const { findings, notRun } = await runFault(fault, testBed, RATE)
      assert.deepEqual([notRun, findings], [undefined, []])
    }).skip(missing !== null, missing ?? '')
  }
})
