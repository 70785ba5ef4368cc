/*
 * What only Kafka can do to us.
 */
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { directConnection } from '#config/database'
import { Messaging } from '#messaging/messaging'
import { outbox } from '#messaging/outbox'
import { operatorActs } from '#messaging/operator_acts'
import messaging from '#messaging/service'
import { changePartitions } from '#messaging/topics'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import { freePort } from '#tests/environment'
import { Line } from '#tests/faults/line'
import { brokers } from '#tests/kafka/broker'
import { emptyShop } from '#tests/shop'
import { freshPrefix, kafkaTransport, transports } from '#tests/transports'
import { FaultyTransport } from './faulty_transport.ts'
import { commit, message, orders, published, startRelay, until } from './outbox_at_work.ts'
import { verify } from '#messaging/verify'

const kafkaIsHere = transports.some(([name]) => name === 'kafka')

if (kafkaIsHere) {
  test.group('The relay on Kafka', (group) => {
    group.each.setup(() => emptyShop())

    test('loses nothing when acknowledgements are cut while rows commit late', async ({
      assert,
    }) => {
      let sends = 0
      const transport = new FaultyTransport(kafkaTransport(), {
        after: () => {
          if (++sends % 3 === 0 && sends < 40) throw new Error('acknowledgement cut')
        },
      })
      startRelay(transport)
      const sent: string[] = []
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (let round = 0; round < 15; round++) {
            // Drawn now, committed only after others have drawn theirs and committed.
            const late = await orders().transaction()
            const [first, second] = [message(), message()]
            await outbox.add(late, [first])
            await commit(second)
            await late.commit()
            sent.push(first.id, second.id)
          }
        })
      )
      await until(async () => (await published()).length === sent.length, 'all are marked', 30_000)
      const { messageIds } = await transport.contents('orders').then((contents) => contents!)
      assert.deepEqual(
        sent.filter((id) => !messageIds.has(id)),
        []
      )
      const proof = await verify(
        [{ name: 'orders', direct: directConnection('orders'), hears: [] }],
        {
          olderThan: 0,
          contents: (topic) => transport.contents(topic),
        }
      )
      assert.equal(proof.checked, sent.length)
      assert.deepEqual(proof.findings, [])
      await transport.close()
    }).timeout(60_000)

    test('parks the key of a message that the broker refuses; the key waits, the others flow', async ({
      assert,
    }) => {
      const transport = kafkaTransport()
      const refusedKey = uuidv7()
      const huge = message(refusedKey, 1, 'X'.repeat(1_500_000))
      const behind = message(refusedKey, 2)
      const healthy = Array.from({ length: 50 }, () => message())
      await commit(...healthy.slice(0, 25), huge, behind, ...healthy.slice(25))
      startRelay(transport)
      await until(async () => (await published()).length === 50, 'the healthy ones are published')
      assert.sameMembers(
        await published(),
        healthy.map(({ id }) => id)
      )
      const parked = await orders().from('parked_keys')
      assert.deepEqual(
        parked.map(({ key }) => key),
        [refusedKey]
      )
      assert.match(parked[0].error, /MESSAGE_TOO_LARGE/)
      await transport.close()
    }).timeout(30_000)

    test('finds a broker though a proxy takes connections for a dead one, the first of the list', async ({
      cleanup,
    }) => {
      const line = await Line.open(await freePort())
      cleanup(() => line.close())
      const transport = kafkaTransport([`127.0.0.1:${line.port}`, ...(await brokers())!])
      cleanup(() => transport.close())
      const opened = () => transport.openTopic('orders').catch(() => false)
      await until(async () => (await opened()) !== false, 'a topic is opened')
    }).timeout(30_000)

    test('does not miss what was published while a proof read the topic', async ({ assert }) => {
      const transport = kafkaTransport()
      startRelay(transport)
      const [early, late, later] = [message(), message(), message()]
      await commit(early)
      await until(async () => (await published()).length === 1, 'published')
      await commit(later)
      await until(async () => (await published()).length === 2, 'published')
      // As if it had waited for the broker until then.
      const told = `update outbox set published_at = published_at + interval '1 hour' where message_id = ?`
      await orders().rawQuery(told, [later.id])
      const proof = await verify(
        [{ name: 'orders', direct: directConnection('orders'), hears: [] }],
        {
          olderThan: 0,
          contents: async (topic) => {
            const { messageIds, earliest } = await transport.contents(topic)
            await commit(late)
            await until(async () => (await published()).length === 3, 'published meanwhile')
            return { messageIds: { has: (id) => id !== later.id && messageIds.has(id) }, earliest }
          },
        }
      )
      assert.deepEqual(proof, { checked: 1, findings: [] })
      await transport.close()
    }).timeout(30_000)

    test('says that a proof misses what the topic has lost', async ({ assert }) => {
      const transport = kafkaTransport()
      startRelay(transport)
      await commit(message())
      await until(async () => (await published()).length === 1, 'published')
      const lost = uuidv7()
      await orders().rawQuery('update outbox set message_id = ?', [lost])
      const proof = await verify(
        [{ name: 'orders', direct: directConnection('orders'), hears: [] }],
        {
          olderThan: 0,
          contents: (topic) => transport.contents(topic),
        }
      )
      assert.containSubset(proof.findings, [{ kind: 'not_in_topic', messageId: lost }])
      await transport.close()
    }).timeout(30_000)

    test('refuses to go on without Kafka until all that went through it is proven handled', async ({
      assert,
    }) => {
      const kafka = kafkaTransport()
      const before = startRelay(kafka)
      await commit(message())
      await until(async () => (await published()).length === 1, 'published')
      await before.stop()
      await kafka.close()

      const refused = startRelay(new EmbeddedTransport())
      await until(() => refused.degraded().length > 0, 'it says why')
      assert.match(refused.degraded()[0], /messaging:verify.*TRANSPORT_CHANGE=accept/)
      await refused.stop()

      const accepted = startRelay(new EmbeddedTransport(), true)
      await until(() => accepted.leads, 'it leads')
      await commit(message())
      await until(async () => (await published()).length === 2, 'published')
    }).timeout(30_000)

    test('goes on when a key cannot be parked, and parks it once it can', async ({ cleanup }) => {
      const owner = db.connection('orders_owner')
      const [insert, role] = ['insert on parked_keys', 'orders_app']
      await owner.rawQuery(`revoke ${insert} from ${role}`)
      cleanup(() => owner.rawQuery(`grant ${insert} to ${role}`))
      const relay = startRelay(kafkaTransport())
      await commit(message(uuidv7(), 1, 'X'.repeat(1_500_000)))
      await until(() => relay.degraded().some((why) => /parked_keys/.test(why)), 'it says why')
      await owner.rawQuery(`grant ${insert} to ${role}`)
      await until(async () => (await orders().from('parked_keys')).length === 1, 'it is parked')
      await commit(message())
      await until(async () => (await published()).length === 1, 'others flow')
    }).timeout(30_000)

    test('gets more partitions while its relay works, and publishes on', async ({ assert }) => {
      const prefix = freshPrefix()
      const transport = kafkaTransport(undefined, prefix)
      const relay = startRelay(transport)
      await commit(message())
      await until(async () => (await published()).length === 1, 'published')

      const operator = await operatorOn(prefix)
      const by = { who: 'Ada', why: 'more load', db, signal: new AbortController().signal }
      await changePartitions(operator, 'orders', 5, by)
      await commit(...Array.from({ length: 40 }, () => message()))
      await until(async () => (await published()).length === 41, 'all are published')
      assert.deepEqual(relay.degraded(), [])
      const rows = await orders().from('outbox').distinct('partition').orderBy('partition')
      assert.isAbove(rows.at(-1)!.partition, 2)
      const fewer = changePartitions(operator, 'orders', 2, by)
      await assert.rejects(() => fewer, /cannot take some away/)
      assert.containSubset(await operatorActs(orders()), [
        { act: 'partitions', who: 'Ada', why: 'more load', outcome: { before: 3, now: 5 } },
      ])
      await transport.close()
    }).timeout(30_000)

    test('gets more partitions only when consumers elsewhere have handled what is there; the waiting can be ended', async ({
      assert,
      cleanup,
    }) => {
      const prefix = freshPrefix()
      const transport = kafkaTransport(undefined, prefix)
      cleanup(() => transport.close())
      const relay = startRelay(transport)
      const { promise: goOn, resolve: go } = Promise.withResolvers<void>()
      cleanup(() => go())
      const elsewhere = kafkaTransport(undefined, prefix)
      cleanup(() => elsewhere.close())
      let handled = 0
      elsewhere.subscribe({
        ...{ name: 'inventory', topics: ['orders'], batchSize: 10 },
        handle: async (deliveries) => {
          if (handled > 0) await goOn
          handled += deliveries.length
        },
      })
      await commit(message())
      await until(async () => handled === 1, 'the consumer elsewhere is at work')
      await until(async () => transport.hasHeard('inventory', 'orders'), 'and has said so')
      await commit(message())
      await until(async () => (await published()).length === 2, 'published')

      const operator = await operatorOn(prefix)
      const by = { ...{ who: 'Ada', why: null }, db }
      const stop = new AbortController()
      const ended = changePartitions(operator, 'orders', 5, { ...by, signal: stop.signal })
      await until(() => !relay.leads, 'the relay has stepped down')
      stop.abort()
      await assert.rejects(() => ended)
      await until(() => relay.leads, 'it leads again')
      assert.equal(await transport.findTopic('orders'), 3)
      const change = changePartitions(operator, 'orders', 5, {
        ...{ ...by, signal: new AbortController().signal },
      })
      await until(() => !relay.leads, 'the relay has stepped down again')
      assert.equal(handled, 1)
      go()
      await change
      assert.equal(handled, 2)
      assert.equal(await transport.findTopic('orders'), 5)
    }).timeout(30_000)

    test('stops with a clear message when the topic has other partitions than were on record', async ({
      assert,
    }) => {
      const prefix = freshPrefix()
      const kafka = kafkaTransport(undefined, prefix)
      const before = startRelay(kafka)
      await commit(message())
      await until(async () => (await published()).length === 1, 'published')
      await before.stop()

      await kafka.addPartitions('orders', 5)
      await until(async () => (await kafka.openTopic('orders')) === 5, 'five partitions')
      await commit(message())
      const refused = startRelay(kafka)
      await until(() => refused.degraded().length > 0, 'it says why')
      assert.match(refused.degraded()[0], /has 5 partitions.*spread over 3.*messaging:topics/)
      assert.lengthOf(await published(), 1)
      const by = { ...{ who: 'Ada', why: null }, db, signal: new AbortController().signal }
      await changePartitions(await operatorOn(prefix), 'orders', 5, by)
      await until(async () => (await published()).length === 2, 'what it says to do helps')
      await kafka.close()
    }).timeout(30_000)
  })
}

/** What the command has: the kernel with settings for this broker, beside the running relay. */
async function operatorOn(topicPrefix: string) {
  const kafka = {
    brokers: (await brokers())!,
    topicPrefix,
    partitions: 3,
    ssl: false,
    sessionTimeout: 6_000,
  }
  return new Messaging({ ...messaging.config, kafka }, db, logger)
}
