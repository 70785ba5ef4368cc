import { once } from 'node:events'
import { Agent, createServer, request, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { test } from '@japa/runner'
import { watchConnections } from '#http/server/draining'

/** Node itself closes connections on which nothing happens after a minute. */
const NODE_WAITS_MS = 60_000

test.group('A server that stops', () => {
  test('finishes requests in progress, and is not delayed by idle connections', async ({
    assert,
    cleanup,
  }) => {
    const server = createServer({ keepAliveTimeout: NODE_WAITS_MS }).listen(0, '127.0.0.1')
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
    early.response.write('it has ')

    const closed = once(server, 'close')
    drain()
    server.close()
    early.response.end('begun')
    late.response.end('it has not')
    const [[begun], [whole]] = await Promise.all([early.answered, late.answered])
    assert.equal((await begun.toArray()).join(''), 'it has begun')
    assert.equal((await whole.toArray()).join(''), 'it has not')
    assert.equal(whole.headers.connection, 'close')

    await Promise.all([closed, once(silent, 'close')])
  }).timeout(NODE_WAITS_MS / 2)
})
