import { once } from 'node:events'
import { Agent, request, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from '@japa/runner'
import { watchConnections } from '#http/server/draining'
import { createHttpServer } from '#http/server/http_server'

/** Node itself closes connections on which nothing happens after a minute. */
const NODE_WAITS_MS = 60_000

test.group('A server that stops', () => {
  test('finishes requests in progress, and is not delayed by idle connections', async ({
    assert,
    cleanup,
  }) => {
    const server = createHttpServer(() => {})
    server.keepAliveTimeout = NODE_WAITS_MS
    server.listen(0, '127.0.0.1')
    cleanup(() => server.closeAllConnections())
    await once(server, 'listening')
    const drain = watchConnections(server)
    const { port } = server.address() as AddressInfo
    const agent = new Agent({ keepAlive: true })
    const ask = async () => {
      const asked = request({ port, host: '127.0.0.1', agent }).end()
      const [, response]: ServerResponse[] = await once(server, 'request')
      return { response, answered: once(asked, 'response') }
    }

    const silent = connect(port, '127.0.0.1')
    await Promise.all([once(server, 'connection'), once(silent, 'connect')])
    const [early, late] = [await ask(), await ask()]
    const others = [await ask(), await ask(), await ask(), await ask()]
    early.response.write('it has ')

    let isClosed = false
    const ended = once(silent, 'close')
    drain()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    void closed.then(() => (isClosed = true))
    early.response.end('begun')
    for (const { response, answered } of others) {
      response.end()
      const [answer] = await answered
      await answer.toArray()
    }
    for (let turns = 0; turns < 50; turns++) await turn()
    assert.isFalse(isClosed, 'closed before the last response')
    late.response.end('it has not')
    const [[begun], [whole]] = await Promise.all([early.answered, late.answered])
    assert.equal((await begun.toArray()).join(''), 'it has begun')
    assert.equal((await whole.toArray()).join(''), 'it has not')
    assert.equal(whole.headers.connection, 'close')

    await Promise.all([closed, ended])
  }).timeout(NODE_WAITS_MS / 2)
})
