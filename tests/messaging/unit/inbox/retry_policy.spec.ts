import { test } from '@japa/runner'
import vine from '@vinejs/vine'
import { backoff } from '#runtime/backoff'
import { isTransient, isPermanent } from '#postgres/errors'

/** `either`: of the machine while a migration or a grant is missing, else of the statement. */
type Fault = 'machine' | 'own' | 'neither' | 'either'

const codes: [code: string, fault: Fault][] = [
  ...[
    ['08000', '08003', '08006', '08001', '08004', '08P01'], // the connection
    ['40001', '40P01', '55P03'], // serialization, deadlock, lock timeout
    ['57014', '25P03', '25P04'], // timeouts of statement, idle transaction and transaction
    ['53000', '53100', '53200', '53300'], // disk, memory, connections
    ['57P01', '57P02', '57P03', '57P05', '25006'], // shutdown, failover
    ['3F000', '3D000'], // schema, database
    ['58000', '58030', 'XX000', 'XX001'], // the server itself
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOSPC'],
  ]
    .flat()
    .map((code): [string, Fault] => [code, 'machine']),
  ...['42P01', '42703', '42883', '42501'].map((code): [string, Fault] => [code, 'either']),
  ...['42601', '42804', '42P08', '42702'].map((code): [string, Fault] => [code, 'own']),
  ...['22001', '22003', '22012', '22021', '22P02', '22P05', '23502', '23503', '23514']
    .concat('E_VALIDATION_ERROR')
    .map((code): [string, Fault] => [code, 'own']),
  ...[
    '23505',
    'P0001',
    '4260',
    '426010',
    '0A000',
    '25P02',
    '21000',
    '2200',
    '220000',
    'ERR_ASSERTION',
    '',
  ]
    .concat('E_ROW_NOT_FOUND', '8006', '40002')
    .map((code): [string, Fault] => [code, 'neither']),
]

const messages: [message: string, fault: Fault][] = [
  ['Connection terminated unexpectedly', 'machine'],
  ['Connection terminated due to connection timeout', 'machine'],
  ['timeout expired', 'machine'],
  ['timeout exceeded when trying to connect', 'machine'],
  ['Client has encountered a connection error and is not queryable', 'machine'],
  ['select 1 - Client has encountered a connection error and is not queryable', 'machine'],
  [`insert into t values ('a - b') - Connection terminated unexpectedly`, 'machine'],
  ['Knex: Timeout acquiring a connection. The pool is probably full.', 'machine'],
  ['the Connection terminated', 'neither'],
  [`insert into t values ('x - timeout expired') - no such thing`, 'neither'],
  ['x is not a function', 'neither'],
  ['', 'neither'],
]

function faultOf(error: unknown): Fault {
  const both = [isTransient(error), isPermanent(error)].join()
  const faults: Record<string, Fault> = {
    'true,true': 'either',
    'true,false': 'machine',
    'false,true': 'own',
    'false,false': 'neither',
  }
  return faults[both]
}

test.group('An error', () => {
  test('of code {0} is the fault of {1}')
    .with(codes)
    .run(({ assert }, [code, fault]) => {
      assert.equal(faultOf(Object.assign(new Error('x'), { code })), fault)
    })

  test('without a code that says "{0}" is the fault of {1}')
    .with(messages)
    .run(({ assert }, [message, fault]) => {
      assert.equal(faultOf(new Error(message)), fault)
    })

  test('with a code is not judged by its words, for they may quote a message', ({ assert }) => {
    const quoting = new Error('invalid input syntax for type integer: "x - timeout expired"')
    assert.equal(faultOf(Object.assign(quoting, { code: '22P02' })), 'own')
    assert.equal(faultOf(Object.assign(quoting, { code: 'P0001' })), 'neither')
  })

  test('of a pool that is empty is the fault of the machine', ({ assert }) => {
    assert.equal(faultOf(Object.assign(new Error('x'), { name: 'KnexTimeoutError' })), 'machine')
  })

  test('of vine is the fault of the message', async ({ assert }) => {
    const schema = vine.create(vine.object({ n: vine.number() }))
    const error = await schema.validate({}).catch((reason: unknown) => reason)
    assert.equal(faultOf(error), 'own')
  })

  test('that is a time-out of the platform, whose code is a number, is nobody’s', ({ assert }) => {
    assert.equal(faultOf(new DOMException('too late', 'TimeoutError')), 'neither')
  })

  test('that is no Error is nobody’s', ({ assert }) => {
    for (const thrown of ['text', 17, {}]) assert.equal(faultOf(thrown), 'neither')
  })
})

test.group('Backoff', () => {
  test('doubles from try to try, keeps half of it, and has a ceiling', ({ assert }) => {
    for (let attempt = 1; attempt <= 2_000; attempt++) {
      const ceiling = Math.min(2_000, 20 * 2 ** attempt)
      assert.isAtLeast(backoff(attempt), ceiling / 2)
      assert.isAtMost(backoff(attempt), ceiling)
    }
  })

  test('is spread, so that many do not come back at once', ({ assert }) => {
    const waits = Array.from({ length: 200 }, () => backoff(10))
    assert.isAbove(Math.max(...waits) - Math.min(...waits), 500)
  })

  test('takes other bounds', ({ assert }) => {
    assert.isAtMost(backoff(1, { first: 1, most: 5 }), 2)
    assert.isAtMost(backoff(30, { first: 1, most: 5 }), 5)
    assert.isAtLeast(backoff(30, { first: 1, most: 5 }), 3)
  })
})
