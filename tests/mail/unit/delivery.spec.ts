import { test } from '@japa/runner'
import {
  decide,
  decideWhilePaused,
  outcomeOf,
  type MailHistory,
  type Outcome,
} from '#mail/delivery'
import { RefusalCircuit } from '#mail/refusal_circuit'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** As nodemailer gives it. */
function smtpError(code: string, command: string, response?: string) {
  const reply = response && { response, responseCode: Number(response.slice(0, 3)) }
  return Object.assign(new Error(response ? `It failed: ${response}` : 'It failed'), {
    ...{ code, command },
    ...reply,
  })
}

const failures: [what: string, error: Error, wholeMessageSent: boolean, kind: Outcome['kind']][] = [
  ['a break after the message', smtpError('ECONNECTION', 'CONN'), true, 'unconfirmed'],
  ['a time-out after the message', smtpError('ETIMEDOUT', 'CONN'), true, 'unconfirmed'],
  [
    'a reply that is none after the message',
    smtpError('EMESSAGE', 'DATA', 'hm?'),
    true,
    'unconfirmed',
  ],
  ['550 to RCPT', smtpError('EENVELOPE', 'RCPT TO', '550 no such user'), false, 'refused'],
  ['554 to DATA', smtpError('EENVELOPE', 'DATA', '554 no'), false, 'refused'],
  ['552 to the message', smtpError('EMESSAGE', 'DATA', '552 too large'), true, 'refused'],
  [
    'an impossible address',
    Object.assign(new Error('Invalid recipient "a\\nb"'), { code: 'EENVELOPE', command: 'API' }),
    false,
    'invalid',
  ],
  [
    'an impossible sender',
    Object.assign(new Error('Invalid sender "a\\nb"'), { code: 'EENVELOPE', command: 'API' }),
    false,
    'misconfigured',
  ],
  ['554 as greeting', smtpError('EPROTOCOL', 'CONN', '554 go away'), false, 'misconfigured'],
  ['550 to EHLO', smtpError('ECONNECTION', 'EHLO', '550 who?'), false, 'misconfigured'],
  ['550 to HELO', smtpError('EPROTOCOL', 'HELO', '550 who?'), false, 'misconfigured'],
  ['502 to STARTTLS', smtpError('ETLS', 'STARTTLS', '502 none'), false, 'misconfigured'],
  ['535 to AUTH', smtpError('EAUTH', 'AUTH LOGIN', '535 no'), false, 'misconfigured'],
  ['530 to MAIL FROM', smtpError('EENVELOPE', 'MAIL FROM', '530 log in'), false, 'misconfigured'],
  [
    'a certificate of nobody',
    Object.assign(new Error('self-signed certificate'), { code: 'ESOCKET', command: 'CONN' }),
    false,
    'misconfigured',
  ],
  ['421 as greeting', smtpError('EPROTOCOL', 'CONN', '421 busy'), false, 'disconnected'],
  ['421 to MAIL FROM', smtpError('EENVELOPE', 'MAIL FROM', '421 too many'), false, 'disconnected'],
  ['421 to RCPT', smtpError('EENVELOPE', 'RCPT TO', '421 not now'), false, 'transient'],
  [
    'a break during the mail',
    Object.assign(smtpError('ECONNECTION', 'CONN'), { connected: true }),
    false,
    'transient',
  ],
  ['454 to AUTH', smtpError('EAUTH', 'AUTH LOGIN', '454 later'), false, 'transient'],
  ['454 to STARTTLS', smtpError('ETLS', 'STARTTLS', '454 later'), false, 'transient'],
  ['450 to RCPT', smtpError('EENVELOPE', 'RCPT TO', '450 greylisted'), false, 'transient'],
  ['451 to the message', smtpError('EMESSAGE', 'DATA', '451 later'), true, 'transient'],
  ['a server that is away', smtpError('ESOCKET', 'CONN'), false, 'disconnected'],
  ['an error of our own', new Error('no such view'), false, 'transient'],
]

const NEW: MailHistory = { attempts: 1, unconfirmed: 0, refusals: 0, age: MINUTE }

const outcome = (kind: Outcome['kind']): Outcome => ({ kind, reason: 'why' })

test.group('The outcome of a delivery attempt', () => {
  for (const [what, error, wholeMessageSent, kind] of failures) {
    test(`${what} is ${kind}`, ({ assert }) => {
      assert.equal(outcomeOf(error, wholeMessageSent).kind, kind)
    })
  }

  test('names the step and the remedy where a setting is wrong', ({ assert }) => {
    const reasonOf = (error: Error) => outcomeOf(error, false).reason
    assert.equal(
      reasonOf(smtpError('EAUTH', 'AUTH LOGIN', '535 bad login')),
      'the server refuses AUTH LOGIN: 535 bad login. Check user and password in SMTP_URL'
    )
    assert.match(reasonOf(smtpError('EENVELOPE', 'MAIL FROM', '553 not yours')), /Check MAIL_FROM/)
    assert.match(
      reasonOf(smtpError('EPROTOCOL', 'CONN', '554 no')),
      /greeting: 554 no\. Check host/
    )
  })
})

const unconfirmedMails: [unconfirmed: number, status: string, retryIn: number | null][] = [
  [0, 'pending', 10 * MINUTE],
  [1, 'pending', 2 * HOUR],
  [2, 'given_up', null],
]

test.group('What happens to a mail next', () => {
  for (const [unconfirmed, status, retryIn] of unconfirmedMails) {
    test(`after copy ${unconfirmed + 1} without a confirmation: ${status}`, ({ assert }) => {
      const next = decide(outcome('unconfirmed'), { ...NEW, unconfirmed })
      assert.deepEqual([next.status, next.unconfirmed], [status, unconfirmed + 1])
      if (retryIn) assert.equal(next.retryIn, retryIn)
    })
  }

  test('a refused mail is tried once more after ten minutes, then given up', ({ assert }) => {
    const first = decide(outcome('refused'), NEW)
    assert.deepEqual([first.status, first.retryIn], ['pending', 10 * MINUTE])
    assert.equal(
      decide(outcome('refused'), { ...NEW, refusals: first.refusals }).status,
      'given_up'
    )
  })

  test('a mail that no server can be given is given up at once, and is no refusal', ({
    assert,
  }) => {
    for (const next of [
      decide(outcome('invalid'), NEW),
      decideWhilePaused(outcome('invalid'), NEW),
    ]) {
      assert.deepEqual([next.status, next.refusals], ['given_up', 0])
    }
  })

  test('a refusal does not count while the queue is paused', ({ assert }) => {
    const next = decideWhilePaused(outcome('refused'), { ...NEW, refusals: 1 })
    assert.deepEqual([next.status, next.refusals], ['pending', 1])
  })

  for (const kind of ['transient', 'disconnected', 'misconfigured'] as const) {
    test(`a mail whose failure is ${kind} is tried for a day`, ({ assert }) => {
      const young = decide(outcome(kind), { ...NEW, attempts: 30, age: 23 * HOUR })
      assert.equal(young.status, 'pending')
      assert.isAtMost(young.retryIn, 10 * MINUTE)
      assert.equal(decide(outcome(kind), { ...NEW, age: 25 * HOUR }).status, 'given_up')
    })
  }

  test('a mail given up later still says that a copy may have arrived', ({ assert }) => {
    const last = { kind: 'transient' as const, reason: 'connect ECONNREFUSED' }
    const next = decide(last, { ...NEW, unconfirmed: 1, age: 25 * HOUR })
    assert.match(next.reason, /may have arrived; last attempt: connect ECONNREFUSED$/)
  })
})

test.group('Refusals in a row', () => {
  test('open the circuit with the twentieth different recipient, and a delivery closes it', ({
    assert,
  }) => {
    const circuit = new RefusalCircuit(30_000)
    for (let n = 0; n < 19; n++) assert.isFalse(circuit.refused(`${n}@example.com`, 0))
    assert.isFalse(circuit.refused('3@EXAMPLE.com', 0), 'one recipient counts once')
    assert.isTrue(circuit.refused('19@example.com', 0))
    assert.isFalse(circuit.takeProbe(29_999))
    assert.isTrue(circuit.takeProbe(30_000))
    assert.isFalse(circuit.takeProbe(30_001))
    assert.isTrue(circuit.delivered())
    assert.isFalse(circuit.open)
  })

  test('begin again after each delivery', ({ assert }) => {
    const circuit = new RefusalCircuit(30_000)
    for (let n = 0; n < 19; n++) circuit.refused(`${n}@example.com`)
    assert.isFalse(circuit.delivered())
    assert.isFalse(circuit.refused('19@example.com'))
  })
})
