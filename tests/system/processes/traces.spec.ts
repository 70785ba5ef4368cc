/*
 * One id leads from a request to everything that it has caused: https://www.w3.org/TR/trace-context/.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from '@japa/runner'
import { brokers } from '#tests/support/kafka/broker'
import { freshPrefix } from '#tests/support/transports'
import { eventually } from '#tests/support/eventually'
import { endApps, type AppOptions } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'

interface Line {
  msg: string
  trace_id?: string
  [field: string]: unknown
}

const kafka = await brokers()
const transports: [string, AppOptions['kafka']][] = [
  ['embedded', undefined],
  ...(kafka
    ? [['kafka', { brokers: kafka.join(), topicPrefix: freshPrefix() }] as [string, any]]
    : []),
]

for (const [name, options] of transports) {
  test.group(`A trace on ${name}`, (group) => {
    let shop: ShopProcess

    group.setup(async () => {
      shop = await ShopProcess.open({ kafka: options, env: { LOG_LEVEL: 'debug' } })
      return async () => {
        await shop.close()
        await endApps()
      }
    })

    test('has one id in the log lines of all steps of an order, from the request to the mail', async ({
      assert,
    }) => {
      const traces = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')]
      // Together, so that they are handled in one batch.
      const orders = await Promise.all(traces.map((trace) => place(`00-${trace}-${PARENT}-01`)))
      for (const [index, trace] of traces.entries()) {
        const steps = await stepsOf(trace)
        assert.sameMembers(steps, [
          'request completed: orders.orders.store',
          'message published: order_placed',
          'message consumed: order_placed by inventory, handled',
          'message published: stock_reserved',
          'message consumed: stock_reserved by orders, handled',
          'message published: order_confirmed',
          'message consumed: order_confirmed by inventory, skipped',
          `mail sent: ${orders[index]}`,
        ])
      }
    })

    test('starts at a request without a readable trace of its caller', async ({ assert }) => {
      const given = [undefined, 'nonsense', `00-${'0'.repeat(32)}-${PARENT}-01`]
      for (const traceparent of given) {
        const id = await place(traceparent)
        const sent = await eventually('the mail is logged', async () => {
          const isIts = ({ msg, order_id: order }: Line) => msg === 'mail sent' && order === id
          return lines().find(isIts) ?? null
        })
        assert.match(sent.trace_id!, /^(?!0{32})[0-9a-f]{32}$/)
        assert.lengthOf(await stepsOf(sent.trace_id!), 8)
      }
    })

    async function place(traceparent?: string): Promise<string> {
      const { status, body } = await shop.app.request('POST', '/api/v1/orders', {
        token: shop.token,
        body: { lines: [{ sku: 'PLENTY', quantity: 1 }] },
        headers: { 'idempotency-key': randomUUID(), ...(traceparent && { traceparent }) },
      })
      if (status !== 202) throw new Error(`${status} ${JSON.stringify(body)}`)
      return body.id
    }

    /** Once there are so many. */
    async function stepsOf(trace: string, count = 8) {
      let steps: string[] = []
      await eventually(`all of ${trace} is logged`, async () => {
        steps = lines()
          .filter(({ trace_id: id }) => id === trace)
          .map(said)
        return steps.length >= count
      }).catch((error) => {
        throw new Error(`${error.message}: ${JSON.stringify(steps)}`)
      })
      return steps
    }

    function lines(): Line[] {
      return shop.app.stdout
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line))
    }
  })
}

const PARENT = '00f067aa0ba902b7'

function said({ msg, route, type, consumer, outcome, order_id: order }: Line) {
  return `${msg}: ${route ?? order ?? type}${consumer ? ` by ${consumer}, ${outcome}` : ''}`
}
