/*
 * The short set of the faults, which every change must pass; `npm run test:faults` does all of them.
 */
import { test } from '@japa/runner'
import { noBrokerOfOurs } from '#tests/support/kafka/broker'
import { faults } from './catalogue/all.ts'
import { runFault } from './run_fault.ts'
import { Stage } from './test_bed.ts'

/** Orders a second: few enough for two cores that carry three brokers as well. */
const RATE = 20

const missing = await noBrokerOfOurs()

test.group('Nothing is lost or done twice, and each key keeps its order, through', (group) => {
  let stage: Stage

  group.setup(async () => {
    if (!missing) stage = await Stage.open()
  })
  group.teardown(() => stage?.close())

  for (const fault of faults.filter(({ core }) => core)) {
    test(fault.name, async ({ assert }) => {
      const { findings, notRun } = await runFault(fault, stage, RATE)
      assert.deepEqual([notRun, findings], [undefined, []])
    })
      .skip(missing !== null, missing ?? '')
      .timeout(180_000)
  }
})
