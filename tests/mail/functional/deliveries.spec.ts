/*
 * The mail queue against a mail server over SMTP that replies as each test scripts it.
 */
import { randomUUID } from 'node:crypto'
import app from '@adonisjs/core/services/app'
import logger from '@adonisjs/core/services/logger'
import db from '@adonisjs/lucid/services/db'
import type { TransactionClientContract as Trx } from '@adonisjs/lucid/types/database'
import { Mailer } from '@adonisjs/mail'
import { test } from '@japa/runner'
import { register } from 'prom-client'
import type { MailSource } from '#mail/mail_rows'
import { giveUp, hold, sendNow } from '#mail/operators/change_pending'
import { MailQueue } from '#mail/queue'
import { resend } from '#mail/operators/resend'
import { SmtpTransport } from '#mail/smtp_transport'
import { SmtpSink, type SmtpScript, type SmtpStep } from '#tests/support/processes/smtp_sink'
import { emptyShop } from '#tests/support/shop'
import { eventually } from '#tests/support/eventually'

/** More than a stream buffers, with lines that SMTP must escape. */
const LONG_TEXT = 'One line.\n.\nAnother.\n'.repeat(10_000)

const CONNECTIONS = 5

interface Row {
  id: string
  status: string
  attempts: number
  unconfirmed: number
  refusals: number
  last_error: string | null
  /** Seconds until the next attempt. */
  wait: number
}

test.group('Mail deliveries', (group) => {
  let sink: SmtpSink
  let queue: MailQueue

  group.each.setup(emptyShop)
  group.each.teardown(async () => {
    await queue.stop()
    await sink.close()
  })

  test('a mail that is never confirmed is sent three times, hours apart, and given up with the reason', async ({
    assert,
  }) => {
    await serve((step) => (step === 'message' ? null : undefined))
    const id = await mailTo('ada@example.com')

    const first = await attempted(id, 1)
    assert.isAbove(sink.received[0].text.length, LONG_TEXT.length, 'the message is whole')
    assert.deepInclude(first, { status: 'pending', unconfirmed: 1 })
    assert.closeTo(first.wait, 10 * 60, 30)
    assert.match(degraded(), /the server took the message but never confirmed it/)
    await makeDue(id)
    const second = await attempted(id, 2)
    assert.closeTo(second.wait, 2 * 60 * 60, 30)
    await makeDue(id)
    const last = await attempted(id, 3)
    assert.equal(last.status, 'given_up')
    assert.match(last.last_error!, /never confirmed it; it may have arrived/)
    assert.lengthOf(sink.received, 3)
    assert.lengthOf(new Set(sink.received.map(({ messageId }) => messageId)), 1)

    const [listed] = await queue.givenUp(db, 5)
    assert.equal(listed.id, id)
  })

  test('a copy is counted before the server can have it whole, so that no killed process forgets it', async ({
    assert,
  }) => {
    await serve((step) => (step === 'message' ? '' : undefined))
    const id = await mailTo('ada@example.com')
    await eventually('the server has the message', async () => sink.received.length === 1)
    const row = await rowOf(id)
    assert.deepInclude(row, { status: 'pending', unconfirmed: 1, last_error: null })
    assert.closeTo(row.wait, 10 * 60, 30)
    sink.breakOff()
    assert.deepInclude(await attempted(id, 1), { status: 'pending', unconfirmed: 1 })
  })

  test('a mail whose third copy outlived its process is given up, and not sent again', async ({
    assert,
  }) => {
    await serve(() => undefined)
    const id = await mailTo('ada@example.com', { unconfirmed: 3, attempts: 3 })
    const row = await attempted(id, 4)
    assert.equal(row.status, 'given_up')
    assert.match(row.last_error!, /it may have arrived/)
    assert.isEmpty(sink.received)
  })

  test('a mail that another process has leased meanwhile is broken off before it counts', async ({
    assert,
  }) => {
    const elsewhere = { attempts: 9, next_attempt_at: new Date(Date.now() + 60_000) }
    await serve(
      () => undefined,
      (id) => inventory().where('id', id).update(elsewhere)
    )
    const id = await mailTo('ada@example.com')
    await eventually('the attempt has ended', async () => {
      return sink.commands.includes('DATA') && sink.connections === 0
    })
    assert.isEmpty(sink.received)
    assert.deepInclude(await rowOf(id), { attempts: 9, unconfirmed: 0, last_error: null })
  })

  for (const [step, reply] of [
    ['RCPT TO', '550 5.1.1 no such mailbox'],
    ['message', '554 5.7.1 not wanted'],
  ] as const) {
    test(`5xx to ${step} is tried once more after ten minutes, then given up at once`, async ({
      assert,
    }) => {
      await serve((at) => (at === step ? reply : undefined))
      const id = await mailTo('ada@example.com')
      const first = await attempted(id, 1)
      assert.deepInclude(first, { status: 'pending', refusals: 1, unconfirmed: 0 })
      assert.closeTo(first.wait, 10 * 60, 30)
      assert.equal(degraded(), '', 'one bad address is no fault of the server')
      await makeDue(id)
      const last = await attempted(id, 2)
      assert.equal(last.status, 'given_up')
      assert.include(last.last_error!, reply)
    })
  }

  for (const [step, reply, remedy] of [
    ['greeting', '554 no service', /greeting: 554 no service\. Check host and port in SMTP_URL/],
    ['EHLO', '550 go away', /HELO: 550 go away\./],
    ['AUTH', '535 bad login', /AUTH \w+: 535 bad login\. Check user and password in SMTP_URL/],
    ['MAIL FROM', '553 not your domain', /MAIL FROM: 553 not your domain\. Check MAIL_FROM/],
  ] as const) {
    test(`5xx to ${step} is our configuration: readiness says the step and the remedy, and the mail waits`, async ({
      assert,
    }) => {
      const refuses = (at: SmtpStep) => at === step || (step === 'EHLO' && at === 'HELO')
      const offers = (at: SmtpStep) => (at === 'EHLO' ? '250-sink\r\n250 AUTH PLAIN' : undefined)
      await serve((at) => (refuses(at) ? reply : offers(at)))
      const id = await mailTo('ada@example.com')
      const row = await attempted(id, 1)
      assert.deepInclude(row, { status: 'pending', refusals: 0, unconfirmed: 0 })
      assert.isBelow(row.wait, 60, 'it is tried like any transient error')
      assert.match(degraded(), remedy)

      sink.script = offers
      await makeDue(id)
      await eventually('it is sent', async () => (await rowOf(id)).status === 'sent')
      assert.equal(degraded(), '')
    })
  }

  test('4xx to the whole message is no copy: the server has said that it does not have it', async ({
    assert,
  }) => {
    await serve((step) => (step === 'message' ? '451 try later' : undefined))
    const id = await mailTo('ada@example.com')
    const row = await attempted(id, 1)
    assert.deepInclude(row, { status: 'pending', unconfirmed: 0, refusals: 0 })
    assert.isBelow(row.wait, 60)
  })

  test('twenty recipients refused in a row pause the queue, and the first delivery resumes it', async ({
    assert,
  }) => {
    let triedBefore = 0
    await serve((step) => {
      if (step !== 'RCPT TO') return undefined
      if (!/paused/.test(degraded())) triedBefore++
      return '550 relaying denied'
    })
    for (let n = 0; n < 45; n++) await mailTo(`${n}@example.com`)
    await eventually('the queue pauses', async () => /paused/.test(degraded()))
    assert.match(degraded(), /20 recipients in a row were refused.*550 relaying denied/)
    assert.equal(await pausedMetric(), 1)
    const tried = () => sink.commands.filter((line) => line.startsWith('RCPT TO')).length
    assert.isAtMost(triedBefore, 20 + CONNECTIONS - 1, 'those that were under way')

    // One probe at a time, and no probe counts against its mail.
    await eventually('some are probed', async () => {
      queue.wake()
      return tried() > triedBefore + CONNECTIONS + 3
    })
    const refused = (await mails()).filter(({ refusals }) => refusals > 0)
    assert.lengthOf(refused, 20)

    sink.script = () => undefined
    await eventually('all that were not refused are sent', async () => {
      // A probe waits ten minutes; a mail in hand is leased for one, or has a copy on its way.
      const later = db.raw(`now() + interval '5 minutes'`)
      const probed = inventory().where({ refusals: 0, unconfirmed: 0 })
      await probed.where('next_attempt_at', '>', later).update(due())
      queue.wake()
      return (await mails()).filter(({ status }) => status === 'sent').length === 25
    })
    assert.equal(degraded(), '')
    assert.equal(await pausedMetric(), 0)
    assert.isEmpty(await queue.givenUp(db, 5), 'nothing was given up for it')
  })

  test('mails without a recipient are given up at once, and do not pause the queue', async ({
    assert,
  }) => {
    await serve(() => undefined)
    for (let n = 0; n < 25; n++) await mailTo('')
    await eventually('all are given up', async () =>
      (await mails()).every(({ status }) => status === 'given_up')
    )
    assert.match((await mails())[0].last_error!, /cannot be addressed: No recipients defined/)
    assert.equal(degraded(), '')
    const id = await mailTo('ada@example.com')
    await eventually('it is sent', async () => (await rowOf(id)).status === 'sent')
  })

  test('a mailbox beyond ASCII is given up by name if the server offers no SMTPUTF8, and sent if it does', async ({
    assert,
  }) => {
    await serve(() => undefined)
    const id = await mailTo('jörg@example.com')
    const row = await attempted(id, 1)
    assert.equal(row.status, 'given_up')
    assert.match(
      row.last_error!,
      /recipient jörg@example\.com .*the server does not offer SMTPUTF8/
    )
    assert.isFalse(sink.commands.some((line) => line.startsWith('MAIL FROM')))
    assert.equal(degraded(), '', 'no fault of the server')
    const others = [await mailTo('ada@example.com'), await mailTo('ada@münchen.example')]
    await eventually('others are sent, to any domain', async () => {
      const rows = await Promise.all(others.map(rowOf))
      return rows.every(({ status }) => status === 'sent')
    })
    assert.match(sink.received[0].text, /^Auto-Submitted: auto-generated$/m)

    // A new connection learns what the server offers.
    await queue.stop()
    await sink.close()
    await serve((step) =>
      step === 'EHLO' ? '250-sink\r\n250-AUTH PLAIN\r\n250 SMTPUTF8' : undefined
    )
    const offered = await mailTo('jörg@example.com')
    await eventually('it is sent', async () => (await rowOf(offered)).status === 'sent')
    assert.include(sink.received[0].to, 'jörg@example.com')
  })

  test('readiness forgets a failure when its mail is given up', async ({ assert }) => {
    await serve((step) => (step === 'RCPT TO' ? '450 try later' : undefined))
    const id = await mailTo('ada@example.com')
    await attempted(id, 1)
    assert.match(degraded(), /450 try later/)
    await inventory()
      .where('id', id)
      .update({ created_at: new Date(Date.now() - 25 * 60 * 60_000) })
    await makeDue(id)
    assert.equal((await attempted(id, 2)).status, 'given_up')
    await eventually('readiness is ok', async () => degraded() === '')
  })

  test('readiness forgets a failure when another process has sent its mail', async ({ assert }) => {
    await serve((step) => (step === 'RCPT TO' ? '450 try later' : undefined))
    const id = await mailTo('ada@example.com')
    await attempted(id, 1)
    assert.match(degraded(), /450 try later/)
    await inventory().where('id', id).update({ status: 'sent' })
    await eventually('readiness is ok', async () => degraded() === '')
  })

  test('readiness forgets that the mails could not be read when they can be', async ({
    cleanup,
  }) => {
    const rename = (from: string, to: string) =>
      db.connection('inventory_owner').rawQuery(`alter table ${from} rename to ${to}`)
    await serve(() => undefined)
    await rename('notifications', 'notifications_away')
    let isAway = true
    const bringBack = async () => {
      if (isAway) await rename('notifications_away', 'notifications')
      isAway = false
    }
    cleanup(bringBack)
    await eventually('readiness says so', async () => /does not exist/.test(degraded()))
    await bringBack()
    await eventually('readiness is ok', async () => degraded() === '')
  })

  test('a mail that is sent again by hand gets a full set of attempts', async ({ assert }) => {
    await serve(() => undefined)
    const id = await mailTo('ada@example.com', {
      ...{ status: 'given_up', attempts: 3, unconfirmed: 3, refusals: 2 },
    })
    await db.connection('inventory').transaction((trx) => resend(trx, id))
    await eventually('it is sent', async () => (await rowOf(id)).status === 'sent')
    assert.lengthOf(sink.received, 1)
  })

  test('later mails of a subject wait behind a held one, and none of them is sent twice or late', async ({
    assert,
  }) => {
    await serve(() => undefined)
    const about = { account_id: randomUUID() }
    const later = { next_attempt_at: new Date(Date.now() + 3_600_000), last_error: '450 later' }
    const first = await mailTo('ada@example.com', { ...about, ...later, attempts: 3 })
    assert.deepInclude(await operate(hold, first), { before: 'pending', changed: true })
    assert.deepInclude(await operate(hold, first), { before: 'held', changed: false })
    const second = await mailTo('ada@example.com', { ...about, period: '2026-01-02' })
    const other = await mailTo('bob@example.com')
    await eventually('mails of others are sent', async () => (await rowOf(other)).status === 'sent')
    assert.lengthOf(sink.received, 1)

    const [waiting] = await queue.waiting(db, 5)
    assert.containSubset(waiting, { id: first, nextAttempt: null, behind: 1, error: '450 later' })
    const [counts] = await queue.counts(db)
    assert.deepInclude(counts, { pending: 2, held: 1, since: null }, 'no alert for what is held')

    const old = new Date(Date.now() - 48 * 3_600_000)
    await inventory().whereIn('id', [first, second]).update({ created_at: old })
    const stale = { attempts: 3, held: false }
    const unseen = await operate(sendNow, first, stale)
    assert.deepInclude(unseen, { before: 'held', changed: false }, 'another operator holds it')
    sink.script = (step) => (step === 'RCPT TO' ? '450 try later' : undefined)
    await operate(sendNow, first, { attempts: 3, held: true })
    const failed = await attempted(first, 4)
    assert.equal(failed.status, 'pending', 'the time of the hold does not count')

    await operate(giveUp, first, 'Olga')
    assert.match((await rowOf(first)).last_error!, /^given up by Olga; last error: .*450/)
    await eventually('the next one is attempted', async () => (await rowOf(second)).attempts > 0)
    assert.equal((await rowOf(second)).status, 'pending')
  })

  for (const [name, change, after] of [
    ['held', hold, { status: 'pending', attempts: 0, wait: Infinity }],
    ['given up', (...[trx, source, id]) => giveUp(trx, source, id, 'Olga'), { status: 'given_up' }],
  ] as [string, typeof hold, object][]) {
    test(`a mail that is ${name} while it is sent is broken off before its last line`, async ({
      assert,
    }) => {
      await serve(
        () => undefined,
        (id) => operate(change, id)
      )
      const id = await mailTo('ada@example.com')
      await eventually('the attempt has ended', async () => {
        return sink.commands.includes('DATA') && sink.connections === 0
      })
      assert.isEmpty(sink.received)
      await eventually('the lease is returned', async () => {
        const { status, attempts } = await rowOf(id)
        return status === 'given_up' || attempts === 0
      })
      assert.deepInclude(await rowOf(id), { unconfirmed: 0, ...after })
      assert.equal(degraded(), '', 'no fault of the server')
    })
  }

  for (const [result, reply] of [
    ['fails', '450 try later'],
    ['is the last one that is refused', '550 no such mailbox'],
  ]) {
    test(`a mail that is held while an attempt ${result} stays held, with the error`, async ({
      assert,
    }) => {
      await serve(
        (step) => (step === 'RCPT TO' ? reply : undefined),
        (id) => operate(hold, id)
      )
      const id = await mailTo('ada@example.com', { refusals: 1 })
      const row = await attempted(id, 1)
      assert.deepInclude(row, { status: 'pending', wait: Infinity })
      assert.include(row.last_error!, reply)
      await eventually('readiness is ok', async () => degraded() === '')
    })
  }

  for (const held of [false, true]) {
    test(`a mail ${held ? 'held and released' : 'made due'} while the server is slow to confirm it is sent once`, async ({
      assert,
    }) => {
      const confirmation = Promise.withResolvers<undefined>()
      await serve((step) => (step === 'message' ? confirmation.promise : undefined))
      const id = await mailTo('ada@example.com')
      await eventually('the server has the message', async () => sink.received.length === 1)
      if (held) await operate(hold, id)
      const released = await operate(sendNow, id, { attempts: 1, held })
      const { wait } = await rowOf(id)
      confirmation.resolve(undefined)
      await eventually('it is sent', async () => (await rowOf(id)).status === 'sent')
      assert.deepInclude(released, { changed: true })
      assert.closeTo(wait, 60, 30, 'the server has a minute to confirm')
      assert.lengthOf(sink.received, 1)
    })
  }

  test('a mail is not made due a second time while the attempt runs that the first one began', async ({
    assert,
  }) => {
    await serve((step) => (step === 'RCPT TO' ? '450 try later' : undefined))
    const id = await mailTo('ada@example.com')
    await attempted(id, 1)
    const wait = { next_attempt_at: new Date(Date.now() + 600_000) }
    await inventory().where('id', id).update(wait)
    const seen = { attempts: 1, held: false }
    await Promise.all([operate(sendNow, id, seen), operate(sendNow, id, seen)])
    await eventually('it was attempted once more', async () => (await rowOf(id)).attempts === 2)
    await inventory().where('id', id).update(wait)
    assert.deepInclude(await operate(sendNow, id, seen), { changed: false })
  })

  async function operate<More extends unknown[], Changed>(
    change: (
      ...args: [trx: Trx, source: MailSource, id: string, ...more: More]
    ) => Promise<Changed>,
    id: string,
    ...more: More
  ) {
    const source = queue.source('inventory')!
    const changed = await db
      .connection('inventory')
      .transaction((trx) => change(trx, source, id, ...more))
    queue.wake()
    return changed
  }

  async function serve(script: SmtpScript, beforeSending?: (id: string) => Promise<unknown>) {
    sink = await SmtpSink.scripted(script)
    queue = new MailQueue()
    queue.serve({
      connection: 'inventory',
      subject: 'account_id',
      async compose({ id, detail }) {
        await beforeSending?.(id)
        return (message) => {
          message.to(String(detail.to)).subject('Low stock').text(LONG_TEXT)
        }
      },
      page: () => '/',
      recipients: async () => new Map(),
    })
    const auth = { user: 'shop', pass: 'secret' }
    const options = { host: '127.0.0.1', port: sink.port, auth, maxConnections: CONNECTIONS }
    const emitter = await app.container.make('emitter')
    const from = { address: 'shop@example.com', name: 'Shop' }
    const mailer = new Mailer('test', new SmtpTransport(options), emitter, { from })
    queue.start({
      db,
      send: (compose, sendOptions) => mailer.send(compose, sendOptions),
      domain: 'example.com',
      logger,
      limits: { connections: CONNECTIONS, perSecond: null },
      probeEvery: 20,
    })
  }

  const degraded = () => queue.warnings().join('\n')

  async function mailTo(to: string, state: Record<string, unknown> = {}) {
    const id = randomUUID()
    const about = { account_id: randomUUID(), kind: 'low_stock', period: '2026-01-01' }
    await db
      .connection('inventory')
      .table('notifications')
      .insert({ id, ...about, detail: { to }, ...state })
    queue.wake()
    return id
  }

  /** When this many attempts have been made, and the last one has its outcome. */
  function attempted(id: string, attempts: number) {
    return eventually(`attempt ${attempts} has failed`, async () => {
      const row = await rowOf(id)
      return row.attempts === attempts && row.last_error !== null && row
    })
  }

  async function makeDue(id: string) {
    await inventory()
      .where('id', id)
      .update({ ...due(), last_error: null })
    queue.wake()
  }
})

const inventory = () => db.connection('inventory').from('notifications')

const due = () => ({ next_attempt_at: new Date() })

async function mails(): Promise<Row[]> {
  return inventory().select(
    '*',
    db.raw('extract(epoch from next_attempt_at - now())::float8 as wait')
  )
}

async function rowOf(id: string): Promise<Row> {
  return (await mails()).find((row) => row.id === id)!
}

async function pausedMetric() {
  const { values } = await register.getSingleMetric('quartermaster_mail_paused')!.get()
  return values[0].value
}
