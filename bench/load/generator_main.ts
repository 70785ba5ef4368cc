import { sendOrders, sendOrdersInTurn, type Load } from './loops.ts'
import type { FromGenerator, Generated } from './generator.ts'
import { Orders, type OrdersOptions } from './orders.ts'

process.on('message', async ({ orders: options, load }: { orders: OrdersOptions; load: Load }) => {
  const orders = new Orders(options)
  const onMeasuring = () => report({ measuring: true })
  const generated: Generated = load.connections
    ? await inTurn(orders, { ...load, connections: load.connections, onMeasuring })
    : await atRate(orders, { ...load, onMeasuring })
  report({ generated })
})

async function inTurn(orders: Orders, load: Parameters<typeof sendOrdersInTurn>[1]) {
  const { sent, endedAt } = await sendOrdersInTurn(orders, load)
  report({ sent: true })
  return { sent, endedAt, lateness: [], connections: orders.connections }
}

async function atRate(orders: Orders, load: Parameters<typeof sendOrders>[1]) {
  const { sent, endedAt, lateness } = await sendOrders(orders, load)
  report({ sent: true })
  return { sent: await Promise.all(sent), endedAt, lateness, connections: orders.connections }
}

function report(message: FromGenerator) {
  process.send!(message)
}
