import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from '@japa/runner'
import { createHttpServer } from '#http/server/http_server'

const CALLERS = 320

test.group('The HTTP server of a busy process', () => {
  test('accepts several connections in each turn of the event loop', async ({
    assert,
    cleanup,
  }) => {
    let accepted = 0
    const server = createHttpServer(() => {}).on('connection', () => accepted++)
    cleanup(() => void server.close())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await turn()
    const { port } = server.address() as AddressInfo
    const callers = Array.from({ length: CALLERS }, () => connect(port, '127.0.0.1'))
    cleanup(() => callers.forEach((each) => each.destroy()))
    let turns = 0
    for (; accepted < CALLERS; turns++) await turn()
    assert.isBelow(turns, CALLERS / 4)
  }).skip(process.platform !== 'linux', 'elsewhere, a port has one socket')

  test('refuses a port that another process has', async ({ assert, cleanup }) => {
    const first = createHttpServer(() => {})
    const second = createHttpServer(() => {})
    cleanup(() => void first.close())
    first.listen(0, '127.0.0.1')
    await once(first, 'listening')
    second.listen((first.address() as AddressInfo).port, '127.0.0.1')
    const [error] = await once(second, 'error')
    assert.equal(error.code, 'EADDRINUSE')
  })

  test('frees its port when it closes', async ({ cleanup }) => {
    const first = createHttpServer(() => {})
    first.listen(0, '127.0.0.1')
    await once(first, 'listening')
    const { port } = first.address() as AddressInfo
    first.close()
    await once(first, 'close')
    const second = createHttpServer(() => {})
    cleanup(() => void second.close())
    second.listen(port, '127.0.0.1')
    await once(second, 'listening')
  })
})
