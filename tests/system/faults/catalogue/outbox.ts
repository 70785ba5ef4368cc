import { setTimeout as sleep } from 'node:timers/promises'
import { keyHash } from '#messaging/message/partition'
import { eventually } from '#tests/support/eventually'
import type { Fault } from '../fault.ts'
import { insertInto, productListed, valuesOf } from './outbox_rows.ts'
import type { Shop } from '../shop.ts'

/** Every eighth placement commits up to so many seconds after it has drawn its outbox id. */
const LATE_SECONDS = 3

const placementsCommitLate = (shop: Shop) =>
  shop.query(/* sql */ `
    create function orders.dawdle() returns trigger language plpgsql as $$
    begin
      if random() < 0.125 then perform pg_sleep(random() * ${LATE_SECONDS}); end if;
      return null;
    end $$;
    create constraint trigger dawdle after insert on orders.outbox deferrable initially deferred
      for each row when (new.type = 'order_placed') execute function orders.dawdle()`)

const commitsAreTimely = (shop: Shop) => shop.query('drop function orders.dawdle cascade')

const acksCut: Fault = {
  name: 'acknowledgements are cut while rows commit late',
  how: `every fifth acknowledgement is lost, every eighth placement commits up to ${LATE_SECONDS} s late, for 20 s`,
  async strike({ shop, begins, ends }) {
    await placementsCommitLate(shop)
    begins()
    await shop.trouble({ cutAcks: 0.2 })
    await sleep(20_000)
    ends()
    await shop.trouble({})
    await commitsAreTimely(shop)
  },
}

const leadersMoved: Fault = {
  name: 'leaders are moved all the while, and acknowledgements are cut',
  how: 'one partition after another gets another leader, for 20 s; every tenth acknowledgement is lost',
  core: true,
  async strike({ stage, shop, begins }) {
    begins()
    await shop.trouble({ cutAcks: 0.1 })
    const until = performance.now() + 20_000
    for (let n = 0; performance.now() < until; n++) {
      const topic = shop.topic(n % 2 === 0 ? 'orders' : 'inventory')
      await stage.kafka.move(topic, Math.floor(n / 2) % 6, 1 + (n % 3))
    }
    await shop.trouble({})
  },
}

const earlyId: Fault = {
  name: 'a transaction with an early outbox id commits late',
  how: `one holds its id for 20 s, every eighth placement for up to ${LATE_SECONDS} s`,
  healsMeanwhile: true,
  async strike({ shop, begins, ends }) {
    await placementsCommitLate(shop)
    const late = await shop.pool.connect()
    begins()
    await late.query('begin')
    await late.query(insertInto('inventory'), valuesOf(productListed('LATE')))
    await sleep(20_000)
    await late.query('commit')
    late.release()
    ends()
    await commitsAreTimely(shop)
    await eventually('the late message is heard', async () => {
      const priced = await shop.query(`select from orders.price_list where sku = 'LATE'`)
      return priced.length > 0
    })
  },
}

const LEADERLESS = { partition: 0, node: 3, partitions: 6 }

const leaderless: Fault = {
  name: 'one partition without a leader for a minute',
  how: 'partition 0 of orders lies on node 3 alone, which is killed for 60 s; the other partitions must flow',
  healsMeanwhile: true,
  explained: (orderId) => keyHash(orderId) % LEADERLESS.partitions === LEADERLESS.partition,
  async prepare(stage, shop) {
    const { partition, node } = LEADERLESS
    const topic = shop.topic('orders')
    const admin = stage.kafkaClient().admin()
    await admin.connect()
    try {
      await admin.alterConfigs({
        validateOnly: false,
        resources: [
          { type: 2, name: topic, configEntries: [{ name: 'min.insync.replicas', value: '1' }] },
        ],
      })
      await admin.alterPartitionReassignments({
        topics: [{ topic, partitionAssignment: [{ partition, replicas: [node] }] }],
      })
      await eventually('the partition lies on one node', async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
        const found = topics[0].partitions.find(({ partitionId }) => partitionId === partition)!
        return found.isr.join() === String(node) && found.leader === node
      })
    } finally {
      await admin.disconnect()
    }
  },
  async strike({ stage, begins, ends }) {
    begins()
    await stage.kafka.kill(LEADERLESS.node)
    await sleep(60_000)
    ends()
    await stage.kafka.up(LEADERLESS.node)
  },
}

export const outbox: Fault[] = [acksCut, leadersMoved, earlyId, leaderless]
