/*
 * The feed of live steps on a database that is not always there.
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { test } from '@japa/runner'
import { Client } from 'pg'
import { directConnection } from '#config/database'
import { SYSTEM } from '#contracts/actor'
import { BehindReader } from '#orders/live/behind_reader'
import { StepFeed } from '#orders/live/step_feed'
import { emptyShop, person, post, priced } from '#tests/shop'

const orders = () => db.connection('orders')

/** The feed's way to the database, which can be blocked. */
class Way {
  readonly #server = createServer({ pauseOnConnect: true }, (socket) => this.#connected(socket))
  readonly #sockets = new Set<Socket>()
  /** How often the feed has connected. */
  connections = 0
  closed = false
  #frozen = false

  static async open() {
    const way = new Way()
    way.#server.listen(0, '127.0.0.1')
    await once(way.#server, 'listening')
    return way
  }

  get feed() {
    const url = new URL(directConnection('orders').connectionString)
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    const connection = { ...directConnection('orders'), connectionString: url.href }
    return new StepFeed({
      connection: { ...connection, query_timeout: 300, connectionTimeoutMillis: 300 },
      notify: async () => {},
      logger,
    })
  }

  /** Nothing gets through any more, and nobody is told. */
  freeze() {
    this.#frozen = true
    for (const socket of this.#sockets) socket.pause()
  }

  thaw() {
    this.#frozen = false
    for (const socket of this.#sockets) socket.resume()
  }

  end() {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #connected(here: Socket) {
    this.connections++
    if (this.closed) return here.destroy()
    const { hostname, port } = new URL(directConnection('orders').connectionString)
    const there = connect(Number(port), hostname)
    for (const [from, to] of [
      [here, there],
      [there, here],
    ]) {
      this.#sockets.add(from)
      from.on('data', (bytes) => to.write(bytes)).on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      if (this.#frozen) from.pause()
      else from.resume()
    }
  }
}

test.group('The feed of live steps', (group) => {
  let orderId: string

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
  })
  group.each.setup(async ({ context }) => {
    const ada = await person('customer', 'Ada')
    const placed = await post(context.client, ada, { lines: [{ sku: 'MUG', quantity: 1 }] })
    orderId = placed.body().id
  })

  test('survives a database that answers nothing, and tells then what has happened', async ({
    assert,
    cleanup,
  }) => {
    const way = await Way.open()
    const { feed } = way
    cleanup(async () => {
      way.end()
      await feed.stop()
    })
    const told = Promise.withResolvers<number>()
    feed.follow(orderId, ({ sequence }) => told.resolve(sequence))
    await feed.ready()
    way.freeze()
    await addStep(orderId, 2)
    feed.committed()
    await until(() => feed.degraded().length > 0)
    assert.match(feed.degraded()[0], /^live updates: /)
    way.thaw()
    assert.equal(await told.promise, 2)
    await until(() => feed.degraded().length === 0)
  })

  test('does not knock at each commit at a door that is closed', async ({ assert, cleanup }) => {
    const way = await Way.open()
    way.closed = true
    const { feed } = way
    cleanup(async () => {
      way.end()
      await feed.stop()
    })
    feed.follow(orderId, () => {})
    for (let n = 0; n < 60; n++) {
      feed.committed()
      await orders().rawQuery('select 1')
    }
    assert.isBelow(way.connections, 12)
    way.closed = false
    await feed.ready()
    assert.isEmpty(feed.degraded())
  })

  test('keeps its connection for the next who comes, however much happens between', async ({
    assert,
    cleanup,
  }) => {
    const way = await Way.open()
    const { feed } = way
    cleanup(async () => {
      way.end()
      await feed.stop()
    })
    for (let n = 0; n < 2; n++) {
      const leave = feed.follow(orderId, () => {})
      await feed.ready()
      leave()
      for (let commits = 0; commits < 30; commits++) {
        feed.committed()
        await orders().rawQuery('select 1')
      }
    }
    assert.equal(way.connections, 1)
  })

  test('waits at its start for a step that is still to commit, be it the first of all', async ({
    assert,
    cleanup,
  }) => {
    await orders().from('timeline_steps').delete()
    const trx = await orders().transaction()
    await addStep(orderId, 2, trx)
    await addStep(orderId, 3)
    const connection = new Client(directConnection('orders'))
    await connection.connect()
    cleanup(() => connection.end())
    const reader = new BehindReader()
    await reader.read(connection)
    await trx.commit()
    const steps = await reader.read(connection)
    assert.deepEqual(
      steps.map(({ sequence }) => sequence),
      [2]
    )
  })
})

/** @throws Error when it does not come within five seconds */
async function until(fulfilled: () => boolean) {
  const tooLate = AbortSignal.timeout(5_000)
  while (!fulfilled()) {
    tooLate.throwIfAborted()
    await orders().rawQuery('select 1')
  }
}

/** Past the use cases. */
async function addStep(
  orderId: string,
  sequence: number,
  client: Pick<ReturnType<typeof orders>, 'table'> = orders()
) {
  const step = { order_id: orderId, at: new Date(), type: 'attention', status: 'pending' }
  await client
    .table('timeline_steps')
    .insert({ ...step, sequence, revision: 1, actor: JSON.stringify(SYSTEM) })
}
