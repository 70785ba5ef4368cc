/*
 * A mail server that is down delays mails and loses none; copies have the same Message-ID.
 */
import { test } from '@japa/runner'
import { freePort } from '#tests/support/runner/environment'
import { eventually } from '#tests/support/eventually'
import { endApps } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'
import { SmtpSink } from '#tests/support/processes/smtp_sink'

const ORDERS = 6
/** Work in progress has 6 s. Nodemailer waits 30 s for a greeting. */
const ENDS_WITHIN_MS = 25_000

test.group('A mail server', (group) => {
  group.each.teardown(endApps)

  test('that is down delays mails and loses none, and all copies have one Message-ID', async ({
    assert,
    cleanup,
  }) => {
    const { port, shop } = await open(cleanup)

    await shop.place(ORDERS)
    await shop.settled()
    const degraded = await eventually('the app says that mails wait', async () => {
      const answer = await shop.app.readiness()
      return answer?.body.status === 'degraded' && answer
    })
    assert.equal(degraded.status, 200)
    assert.match(degraded.body.degraded.join(), /^mail: .*ECONNREFUSED/)

    // The first copy of each mail arrives without a confirmation.
    const sink = await SmtpSink.listen(port, ({ messageId }, received) =>
      received.some((mail) => mail.messageId === messageId)
    )
    cleanup(() => sink.close())
    await eventually('every first copy is counted', async () => {
      const counted = `unconfirmed = 1 and last_error ~ 'never confirmed'
        and next_attempt_at > now() + interval '9 minutes'`
      const rows = await shop.query(`select from orders.notifications where ${counted}`)
      return rows.length === ORDERS
    })
    await tenMinutesLater(shop)
    const sent = await eventually('every mail is sent', async () => {
      const rows = await shop.query<{ id: string; status: string }>(
        'select id, status from orders.notifications'
      )
      return rows.every(({ status }) => status === 'sent') && rows
    })

    assert.lengthOf(sent, ORDERS)
    for (const { id } of sent) {
      const copies = sink.received.filter(({ messageId }) => messageId.startsWith(`<${id}@`))
      assert.lengthOf(copies, 2)
      assert.equal(copies[0].messageId, copies[1].messageId)
      assert.equal(copies[0].to, 'admin@example.com')
    }
    assert.lengthOf(sink.received, 2 * ORDERS)
    await eventually('the app is well again', async () => {
      const answer = await shop.app.readiness()
      return answer?.body.status === 'ok'
    })
  })

  test('that had not confirmed a mail when the process was killed gets the next copy ten minutes later', async ({
    assert,
    cleanup,
  }) => {
    const { port, shop } = await open(cleanup)
    const sink = await SmtpSink.listen(port)
    cleanup(() => sink.close())
    sink.script = (step) => (step === 'message' ? '' : undefined)
    await shop.place(1)
    await eventually('the server has the message', async () => sink.received.length === 1)
    await shop.app.kill('SIGKILL')

    const wait = 'extract(epoch from next_attempt_at - now())::int as wait'
    const [mail] = await shop.query<{ unconfirmed: number; wait: number }>(
      `select unconfirmed, ${wait} from orders.notifications`
    )
    assert.equal(mail.unconfirmed, 1)
    assert.isAtMost(mail.wait, 600)
    assert.isAbove(mail.wait, 300)
    sink.script = () => undefined
    await tenMinutesLater(shop)
    await shop.start()
    await eventually('the mail is sent', async () => {
      const [row] = await shop.query<{ status: string }>('select status from orders.notifications')
      return row.status === 'sent'
    })
    assert.lengthOf(sink.received, 2)
  })

  test('that holds several mails when the process is killed gets a second copy of those alone, under the same Message-IDs', async ({
    assert,
    cleanup,
  }) => {
    const { port, shop } = await open(cleanup, { SMTP_CONNECTIONS: '3' })
    const sink = await SmtpSink.listen(port)
    cleanup(() => sink.close())
    sink.script = (step) => (step === 'message' ? '' : undefined)
    await shop.place(ORDERS)
    await eventually('the server has three messages', async () => sink.received.length === 3)
    await shop.app.kill('SIGKILL')
    sink.script = () => undefined
    await tenMinutesLater(shop)
    await shop.start()
    await shop.settled()
    await eventually('every mail is sent', async () => {
      const rows = await shop.query<{ status: string }>('select status from orders.notifications')
      return rows.length === ORDERS && rows.every(({ status }) => status === 'sent')
    })
    const ids = sink.received.map(({ messageId }) => messageId)
    const repeated = ids.filter((id, index) => ids.indexOf(id) !== index)
    assert.lengthOf(new Set(ids), ORDERS)
    assert.sameMembers(repeated, ids.slice(0, 3))
  })

  test('that hangs does not keep the app from ending, and messages are handled to the end', async ({
    assert,
    cleanup,
  }) => {
    const { port, shop } = await open(cleanup, { SMTP_CONNECTIONS: '2' })
    const silent = await SmtpSink.listenSilently(port)
    await shop.place(ORDERS)
    const inHand = async () => {
      const leased = `status = 'pending' and next_attempt_at > now() + interval '20 seconds'`
      return (await shop.query(`select from orders.notifications where ${leased}`)).length
    }
    await eventually('some mails are in hand', async () => (await inHand()) > 2)
    const asked = performance.now()
    assert.deepEqual(await shop.app.kill('SIGTERM'), { code: 0, signal: null })
    assert.isBelow(performance.now() - asked, ENDS_WITHIN_MS)
    await silent.close()
    const signs = await shop.query(
      'select from orders.consumer_runs union all select from inventory.consumer_runs'
    )
    assert.isEmpty(signs, 'nobody need wonder whether it died')

    assert.isAtMost(await inHand(), 2, 'all but the two under way are given back')
    // The minute of its lease passes.
    await tenMinutesLater(shop)
    const sink = await SmtpSink.listen(port)
    cleanup(() => sink.close())
    await shop.start()
    await eventually('every mail is there', async () => sink.received.length === ORDERS)
  })
})

/** Mails that wait are due. */
function tenMinutesLater(shop: ShopProcess) {
  return shop.query('update orders.notifications set next_attempt_at = now()')
}

/** A shop whose mail server does not listen yet. */
async function open(
  cleanup: (end: () => Promise<void>) => void,
  settings: Record<string, string> = {}
) {
  const port = await freePort()
  const env = { SMTP_URL: `smtp://127.0.0.1:${port}`, ...settings }
  const shop = await ShopProcess.open({ env })
  cleanup(() => shop.close())
  return { port, shop }
}
