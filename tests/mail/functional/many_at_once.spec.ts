/*
 * Many mails at once over several connections, against a mail server that replies as each test scripts it.
 */
import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import { Mailer } from '@adonisjs/mail'
import { test } from '@japa/runner'
import { MailQueue } from '#mail/queue'
import { SmtpTransport } from '#mail/smtp_transport'
import { emptyShop } from '#tests/support/shop'
import { eventually } from '#tests/support/eventually'
import { SmtpSink, type SmtpScript } from '#tests/support/processes/smtp_sink'

interface Row {
  id: string
  status: string
  attempts: number
  last_error: string | null
  isDue: boolean
}

test.group('Many mails', (group) => {
  let sink: SmtpSink
  let queue: MailQueue
  let transport: SmtpTransport
  /** The server confirms the message it received first. */
  let confirmations: (() => void)[] = []

  group.each.setup(emptyShop)
  group.each.teardown(async () => {
    confirmAll()
    await queue.stop()
    transport.close()
    await sink.close()
  })

  test('are sent over as many connections as the setting, at the same time', async ({ assert }) => {
    await serve({ connections: 5 }, { script: heldMessages() })
    await queueMails(12)
    await eventually('five wait for their confirmation', async () => confirmations.length === 5)
    await setImmediate()
    assert.lengthOf(sink.received, 5)
    assert.equal(sink.connections, 5)
    await eventually('all are sent', async () => {
      confirmAll()
      return (await sent()) === 12
    })
    assert.lengthOf(sink.received, 12)
    assert.equal(greetings(), 5, 'the connections are used again')
  })

  test('about one subject are sent in order: none before the one before it is confirmed', async ({
    assert,
  }) => {
    await serve({ connections: 10 }, { script: heldMessages() })
    const subjects = [randomUUID(), randomUUID(), randomUUID()]
    const queued = []
    for (let n = 0; n < 3; n++) {
      for (const subject of subjects) queued.push({ subject, id: await queueMail(subject) })
    }
    const received = () => sink.received.map(({ messageId }) => messageId.slice(1, 37))
    for (let round = 1; round <= 3; round++) {
      await eventually(`round ${round} is with the server`, async () => {
        queue.wake()
        return sink.received.length >= 3 * round
      })
      await setImmediate()
      const ofRound = queued.slice(0, 3 * round).map(({ id }) => id)
      assert.sameMembers(received(), ofRound)
      confirmAll()
    }
    await eventually('all are sent', async () => (await sent()) === 9)
    for (const subject of subjects) {
      const ids: string[] = queued.filter((mail) => mail.subject === subject).map(({ id }) => id)
      assert.deepEqual(
        received().filter((id) => ids.includes(id)),
        ids
      )
    }
  })

  test('go to a server that takes two connections over two, and none counts that as an attempt', async ({
    assert,
  }) => {
    const script: SmtpScript = (step) =>
      step === 'greeting' && sink.connections > 2 ? '421 too many connections' : undefined
    await serve({ connections: 10 }, { script })
    await queueMails(30)
    await eventually('all are sent', async () => (await sent()) === 30)
    for (const { attempts, last_error: error } of await mails()) {
      assert.deepEqual([attempts, error], [1, null])
    }
    assert.isEmpty(queue.warnings())
  })

  test('whose connections break at once count one failure, and all are sent when the server is back', async ({
    assert,
  }) => {
    let away = true
    await serve(
      { connections: 10 },
      { script: (step) => (step === 'greeting' && away ? null : undefined) }
    )
    await queueMails(30)
    const failed = await eventually('a failure is stored', async () => {
      const count = (await mails()).filter(({ last_error: error }) => error !== null).length
      return count > 0 && count
    })
    assert.lengthOf(queue.warnings(), 1)
    assert.isAtMost(failed, greetings() - 9, 'nine of the first ten do not count')
    away = false
    await eventually('all are sent', async () => (await sent()) === 30)
    assert.isEmpty(queue.warnings())
    assert.lengthOf(sink.received, 30)
  })

  test('one of which the server always hangs up at count its failures, and the others are sent', async ({
    assert,
  }) => {
    await serve(
      { connections: 5 },
      { script: (step, to) => (step === 'RCPT TO' && to.startsWith('poison') ? null : undefined) }
    )
    const poison = newMail(randomUUID(), 'poison@example.com')
    await insert([poison])
    await queueMails(20)
    await eventually('the others are sent', async () => (await sent()) === 20)
    await eventually('its failure is stored', async () => {
      const { attempts, last_error: error } = (await mails()).find(({ id }) => id === poison.id)!
      return attempts > 0 && error
    })
    assert.lengthOf(sink.received, 20)
  })

  test('open a new connection when one has carried as many as the setting', async ({ assert }) => {
    await serve({ connections: 1, maxMessages: 3 }, { script: () => undefined })
    await queueMails(7)
    await eventually('all are sent', async () => (await sent()) === 7)
    assert.equal(greetings(), 3)
  })

  test('that were not begun when the queue stops are due for the next process', async ({
    assert,
  }) => {
    await serve({ connections: 2 }, { script: heldMessages() })
    await queueMails(9)
    await eventually('two are with the server', async () => confirmations.length === 2)
    await eventually('the others are in hand', async () => (await due()) === 0)
    const stopped = queue.stop()
    await eventually('seven are due again', async () => (await due()) === 7)
    const waiting = (await mails()).filter(({ isDue }) => isDue)
    assert.deepEqual(new Set(waiting.map(({ attempts }) => attempts)), new Set([0]))
    confirmAll()
    await stopped
    assert.equal(await sent(), 2)
    assert.lengthOf(sink.received, 2)
  })

  test('that are sent while the database is away are marked when it is back, and not sent again', async ({
    assert,
    cleanup,
  }) => {
    const rename = (from: string, to: string) =>
      db.connection('inventory_owner').rawQuery(`alter table ${from} rename to ${to}`)
    await serve({ connections: 3 }, { script: heldMessages() })
    await queueMails(3)
    await eventually('three are with the server', async () => confirmations.length === 3)
    await rename('notifications', 'notifications_away')
    let isAway = true
    const bringBack = async () => {
      if (isAway) await rename('notifications_away', 'notifications')
      isAway = false
    }
    cleanup(bringBack)
    confirmAll()
    await eventually('the queue says so', async () =>
      /does not exist/.test(queue.warnings().join())
    )
    await bringBack()
    await eventually('all are sent', async () => (await sent()) === 3)
    assert.lengthOf(sink.received, 3)
  })

  async function serve(
    { connections, maxMessages = 100 }: { connections: number; maxMessages?: number },
    { script }: { script: SmtpScript }
  ) {
    begun = 0
    sink = await SmtpSink.scripted((step, ...rest) => {
      if (step === 'greeting') begun++
      return script(step, ...rest)
    })
    queue = new MailQueue()
    queue.serve({
      connection: 'inventory',
      subject: 'account_id',
      async compose({ detail }) {
        return (message) => {
          message.to(String(detail.to)).subject('Low stock').text('MUG is low.')
        }
      },
      page: () => '/',
      recipients: async () => new Map(),
    })
    transport = new SmtpTransport({
      ...{ host: '127.0.0.1', port: sink.port },
      ...{ maxConnections: connections, maxMessages },
    })
    const emitter = await app.container.make('emitter')
    const from = { address: 'shop@example.com', name: 'Shop' }
    const mailer = new Mailer('test', transport, emitter, { from })
    queue.start({
      db,
      send: (compose, sendOptions) => mailer.send(compose, sendOptions),
      domain: 'example.com',
      logger,
      limits: { connections, perSecond: null },
    })
  }

  let begun = 0
  const greetings = () => begun

  /** The server has each message, and confirms it when the test says so. */
  function heldMessages(): SmtpScript {
    confirmations = []
    return (step) =>
      step === 'message'
        ? new Promise((resolve) => confirmations.push(() => resolve(undefined)))
        : undefined
  }

  function confirmAll() {
    for (const confirm of confirmations.splice(0)) confirm()
  }

  /** Queues mails about different subjects, in one statement so that one lease finds them all. */
  async function queueMails(count: number) {
    await insert(Array.from({ length: count }, () => newMail(randomUUID())))
    queue.wake()
  }

  async function queueMail(subject: string) {
    const mail = newMail(subject)
    await insert([mail])
    queue.wake()
    return mail.id
  }

  const sent = async () => (await mails()).filter(({ status }) => status === 'sent').length

  const due = async () => (await mails()).filter(({ isDue }) => isDue).length
})

function newMail(subject: string, to = 'ada@example.com') {
  const id: string = randomUUID()
  return { id, account_id: subject, kind: 'low_stock', period: id, detail: { to } }
}

async function insert(rows: ReturnType<typeof newMail>[]) {
  await db.connection('inventory').table('notifications').multiInsert(rows)
}

async function mails(): Promise<Row[]> {
  const isDue = `status = 'pending' and next_attempt_at <= now() as "isDue"`
  return db.connection('inventory').from('notifications').select('*', db.raw(isDue))
}
