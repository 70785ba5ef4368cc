/*
 * What only Kafka can do to us.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { uuidv7 } from 'uuidv7'
import { NAMESPACE } from '#config/namespace'
import { directConnection } from '#config/database'
import { Messaging } from '#messaging/messaging'
import { outbox } from '#messaging/outbox/outbox'
import { operatorActions } from '#messaging/recovery/operator_actions'
import messaging from '#messaging/service'
import { countPrunable, pruneOutbox } from '#messaging/recovery/retention'
import { changePartitions } from '#messaging/topics'
import { EmbeddedTransport } from '#messaging/transports/embedded'
import { unreadableBatches, UnreadableBatches } from '#messaging/inbox/unreadable_batches'
import { freePort } from '#tests/support/runner/environment'
import { TcpProxy } from '#tests/support/connections/tcp_proxy'
import { brokers } from '#tests/support/kafka/broker'
import { emptyShop } from '#tests/support/shop'
import { freshPrefix, kafkaTransport, transports } from '#tests/support/transports'
import { eventually } from '#tests/support/eventually'
import { FaultyTransport } from '../support/faulty_transport.ts'
import { commit, message, orders, published, startRelay } from '../support/orders_outbox.ts'
import { verify } from '#messaging/recovery/verify'

/** The shortest that a broker takes by default. */
const SESSION_MS = 6_000

const kafkaIsHere = transports.some(([name]) => name === 'kafka')

if (kafkaIsHere) {
  test.group('The relay on Kafka', (group) => {
    group.each.setup(() => emptyShop())

    test('loses nothing when acknowledgements are lost while rows commit late', async ({
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
      await eventually('all are marked', async () => (await published()).length === sent.length)
      const { messageIds } = await transport.contents('orders').then((contents) => contents!)
      assert.deepEqual(
        sent.filter((id) => !messageIds.has(id)),
        []
      )
      const proof = await verify(
        [{ name: 'orders', direct: directConnection('orders'), subscribedTo: [] }],
        {
          ...{ olderThan: 0, retention: messaging.config.retention.outbox, namespace: NAMESPACE },
          contents: (topic) => transport.contents(topic),
        }
      )
      assert.equal(proof.checked, sent.length)
      assert.deepEqual(proof.findings, [])
      await transport.close()
    })

    test('parks the key of a message that the broker refuses, and publishes other keys', async ({
      assert,
    }) => {
      const transport = kafkaTransport()
      const refusedKey = uuidv7()
      const huge = message(refusedKey, 1, 'X'.repeat(1_500_000))
      const behind = message(refusedKey, 2)
      const healthy = Array.from({ length: 50 }, () => message())
      await commit(...healthy.slice(0, 25), huge, behind, ...healthy.slice(25))
      startRelay(transport)
      await eventually(
        'the healthy ones are published',
        async () => (await published()).length === 50
      )
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
    })

    test('delivers a record once even if handling it takes longer than the session', async ({
      assert,
      cleanup,
    }) => {
      const transport = kafkaTransport(undefined, freshPrefix(), { sessionTimeout: SESSION_MS })
      cleanup(() => transport.close())
      await transport.openTopic('orders')
      const handed: string[] = []
      transport.subscribe({
        ...{ name: 'slow', topics: ['orders'], batchSize: 10 },
        handle: async (deliveries) => {
          handed.push(...deliveries.map(({ record }) => record.key!))
          // The long attempt is the subject of this test.
          if (handed.length === 1) await sleep(SESSION_MS + 3_000)
        },
      })
      for (const key of ['slow', 'next']) {
        await transport.send('orders', 0, [{ key, value: Buffer.from('{}'), headers: {} }])
        await eventually('it is handed over', () => handed.includes(key))
      }
      await eventually(
        'both are handled',
        async () => (await transport.lag('slow', ['orders'])) === 0
      )
      assert.deepEqual(handed, ['slow', 'next'])
    })

    test('finds a broker although a proxy accepts connections for a dead one', async ({
      cleanup,
    }) => {
      const proxy = await TcpProxy.open(await freePort())
      cleanup(() => proxy.close())
      const transport = kafkaTransport([`127.0.0.1:${proxy.port}`, ...(await brokers())!])
      cleanup(() => transport.close())
      const opened = () => transport.openTopic('orders').catch(() => false)
      await eventually('a topic is opened', async () => (await opened()) !== false)
    })

    test('does not miss messages published while a proof reads the topic', async ({ assert }) => {
      const transport = kafkaTransport()
      startRelay(transport)
      const [early, late, later] = [message(), message(), message()]
      await commit(early)
      await eventually('published', async () => (await published()).length === 1)
      await commit(later)
      await eventually('published', async () => (await published()).length === 2)
      // As if it had waited for the broker until then.
      const told = `update outbox set published_at = published_at + interval '1 hour' where message_id = ?`
      await orders().rawQuery(told, [later.id])
      const proof = await verify(
        [{ name: 'orders', direct: directConnection('orders'), subscribedTo: [] }],
        {
          ...{ olderThan: 0, retention: messaging.config.retention.outbox, namespace: NAMESPACE },
          contents: async (topic) => {
            const found = await transport.contents(topic)
            await commit(late)
            await eventually('published meanwhile', async () => (await published()).length === 3)
            const has = (id: string) => id !== later.id && found.messageIds.has(id)
            return { ...found, messageIds: { has } }
          },
        }
      )
      assert.deepEqual(proof, { checked: 1, findings: [], skipped: [] })
      await transport.close()
    })

    test('reports messages that the topic has lost', async ({ assert }) => {
      const transport = kafkaTransport()
      startRelay(transport)
      await commit(message())
      await eventually('published', async () => (await published()).length === 1)
      const lost = uuidv7()
      await orders().rawQuery('update outbox set message_id = ?', [lost])
      const proof = await verify(
        [{ name: 'orders', direct: directConnection('orders'), subscribedTo: [] }],
        {
          ...{ olderThan: 0, retention: messaging.config.retention.outbox, namespace: NAMESPACE },
          contents: (topic) => transport.contents(topic),
        }
      )
      assert.containSubset(proof.findings, [{ kind: 'not_in_topic', messageId: lost }])
      await transport.close()
    })

    test('leaves Kafka only after proof that all messages were handled, or on request', async ({
      assert,
    }) => {
      const kafka = kafkaTransport()
      const before = startRelay(kafka)
      await commit(message(), message())
      await eventually('published', async () => (await published()).length === 2)
      await before.stop()
      await kafka.close()
      assert.equal(await pruneOutbox(orders(), 0), 1, 'the newest one guards the change')
      assert.equal(await countPrunable(directConnection('orders'), 0), 0)

      const stopped = new UnreadableBatches('orders', orders)
      const batch = { topic: 'inventory', partition: 0, reason: 'damaged' }
      await stopped.stopAt({ ...batch, first: '5', last: '9' })
      const refused = startRelay(new EmbeddedTransport())
      await eventually('it says why', () => refused.warnings().length > 0)
      assert.match(refused.warnings()[0], /messaging:verify.*TRANSPORT_CHANGE=accept/)
      await refused.stop()
      assert.lengthOf(await unreadableBatches(orders()), 1)

      const accepted = startRelay(new EmbeddedTransport(), { acceptTransportChange: true })
      await commit(message())
      await eventually('published', async () => (await published()).length === 2)
      assert.isTrue(accepted.leads)
      assert.lengthOf(await unreadableBatches(orders()), 0, 'stopped in no topic')
      await accepted.stop()
      assert.equal(await pruneOutbox(orders(), 0), 2, 'nothing is left to guard')

      // Earlier releases left the rows that went through Kafka unverified for good.
      await orders().rawQuery('update messaging_state set verified_id = 0')
      startRelay(kafkaTransport())
      await commit(message())
      await eventually('published', async () => (await published()).length === 1)
    })

    test('continues when a key cannot be parked, and parks it later', async ({ cleanup }) => {
      const owner = db.connection('orders_owner')
      const [insert, role] = ['insert on parked_keys', 'orders_app']
      await owner.rawQuery(`revoke ${insert} from ${role}`)
      cleanup(() => owner.rawQuery(`grant ${insert} to ${role}`))
      const relay = startRelay(kafkaTransport())
      await commit(message(uuidv7(), 1, 'X'.repeat(1_500_000)))
      await eventually('it says why', () => relay.warnings().some((why) => /parked_keys/.test(why)))
      await owner.rawQuery(`grant ${insert} to ${role}`)
      await eventually(
        'it is parked',
        async () => (await orders().from('parked_keys')).length === 1
      )
      await commit(message())
      await eventually('others flow', async () => (await published()).length === 1)
    })

    test('continues when its topic gets more partitions', async ({ assert }) => {
      const prefix = freshPrefix()
      const transport = kafkaTransport(undefined, prefix)
      const relay = startRelay(transport)
      await commit(message())
      await eventually('published', async () => (await published()).length === 1)

      const operator = operatorOn(prefix)
      const by = { who: 'Ada', why: 'more load', db, signal: new AbortController().signal }
      await changePartitions(operator, 'orders', 5, by)
      await commit(...Array.from({ length: 40 }, () => message()))
      await eventually('all are published', async () => (await published()).length === 41)
      assert.deepEqual(relay.warnings(), [])
      const rows = await orders().from('outbox').distinct('partition').orderBy('partition')
      assert.isAbove(rows.at(-1)!.partition, 2)
      const fewer = changePartitions(operator, 'orders', 2, by)
      await assert.rejects(() => fewer, /partitions cannot be removed/)
      assert.containSubset(await operatorActions(orders()), [
        { act: 'partitions', who: 'Ada', why: 'more load', outcome: { before: 3, now: 5 } },
      ])
      await transport.close()
    })

    test('adds partitions only after other consumers have handled all messages; the wait can be ended', async ({
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
      await eventually('the consumer elsewhere is at work', async () => handled === 1)
      await eventually('and has said so', async () => transport.hasPosition('inventory', 'orders'))
      await commit(message())
      await eventually('published', async () => (await published()).length === 2)

      const operator = operatorOn(prefix)
      const by = { ...{ who: 'Ada', why: null }, db }
      const stop = new AbortController()
      const ended = changePartitions(operator, 'orders', 5, { ...by, signal: stop.signal })
      await eventually('the relay has stepped down', () => !relay.leads)
      stop.abort()
      await assert.rejects(() => ended)
      await eventually('it leads again', () => relay.leads)
      assert.equal((await transport.findTopic('orders'))?.partitions, 3)
      const change = changePartitions(operator, 'orders', 5, {
        ...{ ...by, signal: new AbortController().signal },
      })
      await eventually('the relay has stepped down again', () => !relay.leads)
      assert.equal(handled, 1)
      go()
      await change
      assert.equal(handled, 2)
      assert.equal((await transport.findTopic('orders'))?.partitions, 5)
    })

    test('stops with a clear message when the topic’s partitions differ from the record', async ({
      assert,
    }) => {
      const prefix = freshPrefix()
      const kafka = kafkaTransport(undefined, prefix)
      const before = startRelay(kafka)
      await commit(message())
      await eventually('published', async () => (await published()).length === 1)
      await before.stop()

      await kafka.addPartitions('orders', 5)
      await eventually('five partitions', async () => (await kafka.openTopic('orders')) === 5)
      await commit(message())
      const refused = startRelay(kafka)
      await eventually('it says why', () => refused.warnings().length > 0)
      assert.match(refused.warnings()[0], /has 5 partitions.*spread over 3.*messaging:topics/)
      assert.lengthOf(await published(), 1)
      const by = { ...{ who: 'Ada', why: null }, db, signal: new AbortController().signal }
      await changePartitions(operatorOn(prefix), 'orders', 5, by)
      await eventually('what it says to do helps', async () => (await published()).length === 2)
      await kafka.close()
    })
  })
}

/** What the command has: the kernel with settings for this broker, beside the running relay. */
function operatorOn(topicPrefix: string) {
  const transport = () => kafkaTransport(undefined, topicPrefix)
  return new Messaging({ ...messaging.config, transport }, db, logger)
}
