import { test } from '@japa/runner'
import { reconcile } from '#inventory/stock/reconcile'
import { isTransient } from '#postgres/errors'
import { withDedicatedConnections } from '#postgres/dedicated_connection'
import { proxyDatabase } from '#tests/support/connections/database_proxy'

test.group('Work on dedicated connections', () => {
  test('ends with a clear error when the server does not answer', async ({ assert, cleanup }) => {
    const { proxy, connection } = await proxyDatabase('inventory')
    cleanup(() => proxy.close())
    const work = withDedicatedConnections(
      [connection],
      async ([client]) => {
        await client.query('select 1')
        proxy.hang()
        await client.query('select 1')
      },
      1_000
    )
    const error = await work.then(
      () => null,
      (thrown: Error) => thrown
    )
    assert.match(error!.message, /^no response for 1 s$/)
    assert.isTrue(isTransient(error), 'commands exit 4')
  })

  test('continues during a long statement', async ({ assert }) => {
    const { proxy, connection } = await proxyDatabase('inventory')
    try {
      const rows = await withDedicatedConnections(
        [connection],
        async ([client]) => {
          // Longer than the limit below, which is for a server that is silent.
          const result = await client.query('select pg_sleep(1.5)')
          return result.rows.length
        },
        600
      )
      assert.equal(rows, 1)
      assert.isAbove(proxy.connections, 3, 'the server was asked meanwhile')
    } finally {
      proxy.close()
    }
  })

  test('of a proof uses the same code', async ({ assert, cleanup }) => {
    const { proxy, connection } = await proxyDatabase('inventory')
    cleanup(() => proxy.close())
    const { differences } = await reconcile(connection)
    assert.isEmpty(differences)
  })
})
