import { setTimeout as sleep } from 'node:timers/promises'
import { keyHash } from '#messaging/message/partition'
import { eventually } from '#tests/support/eventually'
import type { Fault } from '../fault.ts'
import { insertInto, productListed, valuesOf } from './outbox_rows.ts'
import type { Shop } from '../shop.ts'

/** The longest time from an outbox id to its commit, for every eighth placement. */
const LATE_SECONDS = 3

const placementsCommitLate = (shop: Shop) =>
  shop.query(/* sql */ `
    create function orders.commit_late() returns trigger language plpgsql as $$
    begin
      if random() < 0.125 then perform pg_sleep(random() * ${LATE_SECONDS}); end if;
      return null;
    end $$;
    create constraint trigger commit_late after insert on orders.outbox_0 deferrable initially deferred
      for each row when (new.type = 'order_placed') execute function orders.commit_late()`)

const placementsCommitOnTime = (shop: Shop) =>
  shop.query('drop function orders.commit_late cascade')

const acksLost: Fault = {
  name: 'acknowledgements are lost while rows commit late',
  how: `every fifth acknowledgement is lost, every eighth placement commits up to ${LATE_SECONDS} s late, for 20 s`,
  async inject({ shop, begins, ends }) {
    await placementsCommitLate(shop)
    begins()
    await shop.injectFaults({ cutAcks: 0.2 })
    await sleep(20_000)
    ends()
    await shop.injectFaults({})
    await placementsCommitOnTime(shop)
  },
}

const leadersMoved: Fault = {
  name: 'partition leaders move continuously, and acknowledgements are lost',
  how: 'one partition after another gets a new leader, for 20 s; every tenth acknowledgement is lost',
  core: true,
  async inject({ testBed, shop, begins }) {
    begins()
    await shop.injectFaults({ cutAcks: 0.1 })
    const until = performance.now() + 20_000
    for (let n = 0; performance.now() < until; n++) {
      const topic = shop.topic(n % 2 === 0 ? 'orders' : 'inventory')
      await testBed.kafka.move(topic, Math.floor(n / 2) % 6, 1 + (n % 3))
    }
    await shop.injectFaults({})
  },
}

const earlyId: Fault = {
  name: 'a transaction with an early outbox id commits late',
  how: `one transaction commits 20 s after it took its id, every eighth placement up to ${LATE_SECONDS} s`,
  recoversMeanwhile: true,
  async inject({ shop, begins, ends }) {
    await placementsCommitLate(shop)
    const late = await shop.pool.connect()
    begins()
    await late.query('begin')
    await late.query(insertInto('inventory'), valuesOf(productListed('LATE')))
    await sleep(20_000)
    await late.query('commit')
    late.release()
    ends()
    await placementsCommitOnTime(shop)
    await eventually('the late message is handled', async () => {
      const priced = await shop.query(`select from orders.price_list where sku = 'LATE'`)
      return priced.length > 0
    })
  },
}

const LEADERLESS = { partition: 0, node: 3, partitions: 6 }

const leaderless: Fault = {
  name: 'one partition without a leader for a minute',
  how: 'partition 0 of orders has its only replica on node 3, which is killed for 60 s; the other partitions must flow',
  recoversMeanwhile: true,
  explained: (orderId) => keyHash(orderId) % LEADERLESS.partitions === LEADERLESS.partition,
  async prepare(testBed, shop) {
    const { partition, node } = LEADERLESS
    const topic = shop.topic('orders')
    const admin = testBed.kafkaClient().admin()
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
      await eventually('the partition has one replica', async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
        const found = topics[0].partitions.find(({ partitionId }) => partitionId === partition)!
        return found.isr.join() === String(node) && found.leader === node
      })
    } finally {
      await admin.disconnect()
    }
  },
  async inject({ testBed, begins, ends }) {
    begins()
    await testBed.kafka.kill(LEADERLESS.node)
    await sleep(60_000)
    ends()
    await testBed.kafka.up(LEADERLESS.node)
  },
}

export const outbox: Fault[] = [acksLost, leadersMoved, earlyId, leaderless]
