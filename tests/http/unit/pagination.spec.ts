import { test } from '@japa/runner'
import vine from '@vinejs/vine'
import { idAfter, listParameters, pageBody, pageOf } from '#http/pagination'

const ID = '0199a000-0000-7000-8000-000000000001'

/** Of the problem, or of the first field, with which a query string is refused. */
async function refusal(query: Record<string, unknown>) {
  return pageOf(query).then(
    () => null,
    (error) => error.code ?? error.messages[0].field
  )
}

test.group('A page of a list', () => {
  test('has fifty rows from the beginning unless the query says otherwise', async ({ assert }) => {
    assert.deepEqual(await pageOf({}), { limit: 50, after: null, filters: {} })
    assert.equal((await pageOf({ limit: '200' })).limit, 200)
  })

  test('reads the parameters of its list, and refuses any other', async ({ assert }) => {
    const parameters = listParameters({ status: vine.string().optional() })
    assert.deepEqual((await pageOf({ status: 'pending' }, parameters)).filters, {
      status: 'pending',
    })
    await assert.rejects(() => pageOf({ state: 'pending' }, parameters))
  })

  test('ends with the position of its last row while there are more', async ({ assert }) => {
    const rows = [3, 2, 1].map((n) => ({ n }))
    const position = ({ n }: { n: number }) => [String(n)]
    const body = ({ n }: { n: number }) => n
    const page = { limit: 2, after: null, filters: {} }
    const first = pageBody(rows, page, position, body)
    assert.deepEqual(first.data, [3, 2])
    assert.deepEqual((await pageOf({ cursor: first.next })).after, ['2'])
    assert.deepEqual(pageBody(rows.slice(1), page, position, body), { data: [2, 1], next: null })
  })

  test('refuses a cursor that no list has given', async ({ assert }) => {
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    for (const cursor of ['no', encoded([]), encoded('x'), encoded([1]), encoded(['a\0b'])]) {
      assert.equal(await refusal({ cursor }), 'invalid_cursor', cursor)
    }
    assert.isNull(await refusal({ cursor: encoded([ID]) }))
    assert.throws(() => idAfter({ limit: 1, after: ['no id'], filters: {} }))
    assert.equal(idAfter({ limit: 1, after: [ID], filters: {} }), ID)
  })
})
