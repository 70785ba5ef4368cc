/*
 * What SMTP_TLS protects, against a mail server with and without TLS.
 */
import tls from 'node:tls'
import { test } from '@japa/runner'
import { outcomeOf } from '#mail/delivery'
import { smtpOptions, type SmtpTls } from '#mail/smtp_options'
import { SmtpTransport } from '#mail/smtp_transport'
import { SmtpSink } from '#tests/support/processes/smtp_sink'
import { cert, key } from '../certificate.ts'

const MAIL = {
  ...{ from: 'shop@example.com', to: ['ada@example.com'] },
  ...{ subject: 'Your order', text: 'It is on its way.' },
}

/** Lines that no listener may see. */
const SECRETS = /^(AUTH|MAIL FROM|RCPT TO|DATA)/

/** A server that asks for a log-in. */
function server(offersTls: boolean) {
  return SmtpSink.scripted(
    (step, _, encrypted) => {
      if (step !== 'EHLO') return undefined
      const starttls = offersTls && !encrypted ? '250-STARTTLS\r\n' : ''
      return `250-sink\r\n${starttls}250 AUTH PLAIN`
    },
    offersTls ? { cert, key } : null
  )
}

function send(sink: SmtpSink, setting: SmtpTls, protocol = 'smtp') {
  const address = `${protocol}://shop:secret@127.0.0.1:${sink.port}`
  return new SmtpTransport(smtpOptions(address, setting)).send(MAIL)
}

/** @returns how a failed attempt looks to an operator */
async function failure(sending: Promise<unknown>) {
  return sending.then(
    () => null,
    (error: unknown) => outcomeOf(error, false)
  )
}

/** The test's own authority is trusted while it runs. */
function trust(cleanup: (end: () => void) => void) {
  const trusted = tls.getCACertificates('default')
  cleanup(() => tls.setDefaultCACertificates(trusted))
  tls.setDefaultCACertificates([...trusted, cert])
}

test.group('SMTP_TLS', () => {
  test('required sends neither password nor mail to a server without TLS, and says what to do', async ({
    assert,
    cleanup,
  }) => {
    const sink = await server(false)
    cleanup(() => sink.close())
    const outcome = await failure(send(sink, 'required'))
    assert.equal(outcome!.kind, 'misconfigured')
    assert.match(outcome!.reason, /^SMTP_TLS is required, but the server refuses STARTTLS: 502/)
    assert.match(outcome!.reason, /SMTP_TLS=opportunistic/)
    assert.isEmpty(sink.commands.filter((line) => SECRETS.test(line)))
  })

  test('required sends neither password nor mail to a server whose certificate it cannot verify', async ({
    assert,
    cleanup,
  }) => {
    const sink = await server(true)
    cleanup(() => sink.close())
    const outcome = await failure(send(sink, 'required'))
    assert.equal(outcome!.kind, 'misconfigured')
    assert.match(outcome!.reason, /self-signed certificate.*NODE_EXTRA_CA_CERTS/)
    assert.isEmpty(sink.commands.filter((line) => SECRETS.test(line)))
  })

  test('required logs in and sends over TLS alone', async ({ assert, cleanup }) => {
    trust(cleanup)
    const sink = await server(true)
    cleanup(() => sink.close())
    await send(sink, 'required')
    assert.lengthOf(sink.received, 1)
    assert.isEmpty(sink.commands.filter((line) => SECRETS.test(line)))
    assert.isTrue(sink.encrypted.some((line) => line.startsWith('AUTH')))
  })

  test('opportunistic takes TLS where it is offered, with any certificate, and does without elsewhere', async ({
    assert,
    cleanup,
  }) => {
    for (const offersTls of [true, false]) {
      const sink = await server(offersTls)
      cleanup(() => sink.close())
      await send(sink, 'opportunistic')
      const lines = offersTls ? sink.encrypted : sink.commands
      assert.isTrue(lines.some((line) => line.startsWith('RCPT TO')))
    }
  })

  test('off does without TLS even where it is offered', async ({ assert, cleanup }) => {
    const sink = await server(true)
    cleanup(() => sink.close())
    await send(sink, 'off')
    assert.lengthOf(sink.received, 1)
    assert.isEmpty(sink.encrypted)
  })

  test('smtps:// verifies the certificate whatever SMTP_TLS says', async ({ assert, cleanup }) => {
    const sink = await SmtpSink.overTls({ cert, key })
    cleanup(() => sink.close())
    const outcome = await failure(send(sink, 'opportunistic', 'smtps'))
    assert.match(outcome!.reason, /self-signed certificate/)
    trust(cleanup)
    await send(sink, 'required', 'smtps')
    assert.lengthOf(sink.received, 1)
  })
})
