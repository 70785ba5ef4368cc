import type { ApiClient } from '@japa/api-client'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { forgetTokens } from '#accounts/credentials/tokens'
import { SYSTEM } from '#contracts/actor'
import { restock } from '#inventory/stock/restock'
import { apply, dryRun } from '#tests/support/stock_imports'
import {
  emptyShop,
  patch,
  person,
  post,
  priced,
  product,
  read,
  type Person,
} from '#tests/support/shop'

const mugs = (quantity: number) => [{ sku: 'MUG', quantity }]
const server = `http://${process.env.HOST}:${process.env.PORT}`

test.group('An ETag', (group) => {
  let ada: Person
  let clerk: Person

  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    await product('MUG', 0)
    ada = await person('customer', 'Ada')
    clerk = await person('clerk')
  })

  const placed = async (client: ApiClient) =>
    (await post(client, ada, { lines: mugs(2) })).body().id as string

  test('of a response that cannot be sent is not that of the error', async ({
    client,
    assert,
    cleanup,
  }) => {
    const accounts = db.connection('accounts_owner')
    await accounts.rawQuery('revoke update on audit_entries from accounts_app')
    cleanup(() => accounts.rawQuery('grant update on audit_entries to accounts_app'))
    const response = await post(client, clerk, {
      lines: mugs(2),
      email: 'ada@example.com',
      name: 'Ada',
    })
    assert.equal(response.status(), 503)
    assert.notProperty(response.headers(), 'etag')
    assert.notProperty(response.headers(), 'location')
  })

  test('is accepted in If-Match as proxies rewrite it, and in a list', async ({
    client,
    assert,
  }) => {
    const id = await placed(client)
    const spellings = [
      (tag: string) => `"${tag}-gzip"`,
      (tag: string) => `"${tag}--gzip"`,
      (tag: string) => `"${tag}-br"`,
      (tag: string) => `W/"${tag};zstd"`,
      (tag: string) => `"999", W/"${tag}"`,
      (tag: string) => `"${tag}" ,"of-another,server"`,
    ]
    for (const [n, spelled] of spellings.entries()) {
      const changed = await patch(client, ada, id, spelled(String(n + 1)), { lines: mugs(3 + n) })
      assert.equal(changed.status(), 202, spelled('…'))
      const renamed = await client
        .patch('/api/v1/products/MUG')
        .bearerToken(clerk.token)
        .header('if-match', spelled((await client.get('/api/v1/products/MUG')).body().version))
        .json({ name: `Mug ${n}` })
      assert.equal(renamed.status(), 200, spelled('…'))
    }
    const stale = await patch(client, ada, id, '"1-gzip", "2-br"', { lines: mugs(1) })
    assert.deepEqual([stale.status(), stale.body().code], [412, 'version_moved'])
    for (const wrong of ['"1', '"1" "2"', '"1", 2', '"x"', '"1-", ', ',', '"-gzip"']) {
      const malformed = await patch(client, ada, id, wrong, { lines: mugs(1) })
      assert.deepEqual([malformed.status(), malformed.body().code], [400, 'if_match_malformed'])
    }
  })

  test('makes the response to If-None-Match 304 until the order changes', async ({
    client,
    assert,
  }) => {
    const id = await placed(client)
    const first = await read(client, ada, id)
    assert.equal(first.header('cache-control'), 'no-store, no-transform')
    const again = (tag: string) => read(client, ada, id).header('if-none-match', tag)
    for (const tag of ['"1"', 'W/"1"', '"1-gzip"', '"7", "1"', '*']) {
      const same = await again(tag)
      assert.deepEqual([same.status(), same.text(), same.header('etag')], [304, '', '"1"'], tag)
    }
    for (const tag of ['"2"', 'anything']) assert.equal((await again(tag)).status(), 200, tag)
    await patch(client, ada, id, '"1"', { name: 'Ada Lovelace' })
    const changed = await again('"1"')
    assert.deepEqual([changed.status(), changed.header('etag')], [200, '"2"'])
  })

  test('makes the response to If-None-Match 304 for every single resource, until it changes', async ({
    client,
    assert,
  }) => {
    const { id } = await dryRun(client, clerk, 'sku,counted\nMUG,7\n')
    const sell = async () => {
      await db
        .connection('inventory')
        .transaction((trx) => restock(trx, { sku: 'MUG', quantity: 1 }, SYSTEM))
    }
    const resources: [path: string, change: () => Promise<unknown>][] = [
      ['/api/v1/products/MUG', sell],
      ['/api/v1/stock/MUG', sell],
      [`/api/v1/stock/imports/${id}`, () => apply(client, clerk, id)],
      [
        '/api/v1/accounts/me',
        async () => {
          await db
            .connection('accounts')
            .from('accounts')
            .where('id', clerk.id)
            .update({ name: 'Z' })
          forgetTokens()
        },
      ],
    ]
    for (const [path, change] of resources) {
      const get = (tag?: string) => {
        const request = client.get(path).bearerToken(clerk.token)
        return tag === undefined ? request : request.header('if-none-match', tag)
      }
      const tag = (await get()).header('etag')!
      const bare = tag.slice(1, -1)
      for (const same of [tag, `W/${tag}`, `"${bare}-gzip"`, `"${bare};br"`, `"7", ${tag}`, '*']) {
        const response = await get(same)
        assert.deepEqual(
          [response.status(), response.text(), response.header('etag')],
          [304, '', tag],
          same
        )
      }
      assert.equal((await get('"7"')).status(), 200)
      await change()
      const changed = await get(tag)
      assert.equal(changed.status(), 200, path)
      assert.notEqual(changed.header('etag'), tag, path)
    }
  })

  test('of a product or its stock is accepted in If-Match', async ({ client, assert }) => {
    for (const path of ['/api/v1/products/MUG', '/api/v1/stock/MUG']) {
      const tag = (await client.get(path).bearerToken(clerk.token)).header('etag')!
      for (const [spelled, status] of [
        [tag, 200],
        [tag, 412],
      ] as const) {
        const renamed = await client
          .patch('/api/v1/products/MUG')
          .bearerToken(clerk.token)
          .header('if-match', spelled)
          .json({ name: path })
        assert.equal(renamed.status(), status, path)
      }
    }
  })

  for (const name of ['openapi.json', 'asyncapi.json']) {
    test(`of /${name} lets clients keep the document, which is compressed`, async ({ assert }) => {
      const get = (headers: Record<string, string>) => fetch(`${server}/${name}`, { headers })
      const plain = await get({ 'accept-encoding': 'identity' })
      assert.isNull(plain.headers.get('content-encoding'))
      const text = await plain.text()

      const packed = await get({ 'accept-encoding': 'gzip' })
      assert.equal(packed.headers.get('content-encoding'), 'gzip')
      assert.isBelow(Number(packed.headers.get('content-length')), text.length / 3)
      assert.equal(await packed.text(), text)

      for (const { headers } of [plain, packed]) {
        assert.equal(headers.get('cache-control'), 'public, max-age=300, no-transform')
        assert.include(headers.get('vary'), 'Accept-Encoding')
        const tag = headers.get('etag')!
        for (const same of [tag, `W/${tag}`, `"7", ${tag}`, tag.replace(/"$/, '-br"'), '*']) {
          assert.equal(
            (await get({ 'if-none-match': same })).status,
            same.includes('gzip-br') ? 200 : 304,
            same
          )
        }
      }
      assert.notEqual(plain.headers.get('etag'), packed.headers.get('etag'))
    })
  }
})
