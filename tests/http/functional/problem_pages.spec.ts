import { test } from '@japa/runner'
import { publicUrl } from '#config/app'
import { allProblems, problemKind } from '#http/problem_catalogue'

/** As a browser shows the text. */
const plain = (html: string) =>
  html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

test.group('The page of a problem', () => {
  test('is at the URL of the problem’s type', async ({ client, assert }) => {
    const refused = await client.get('/api/v1/orders')
    const { type, title, code } = refused.body()
    assert.equal(type, `${publicUrl}/problems/token_missing`)
    assert.equal(title, problemKind('token_missing').title)
    const page = await client.get(new URL(type).pathname)
    page.assertStatus(200)
    assert.match(page.header('content-type')!, /^text\/html/)
    assert.include(page.text(), `<h1>${title}</h1>`)
    assert.include(page.text(), `<code>${code}</code> · 401 Unauthorized`)
  })

  for (const [code, { cause, remedy, title }] of allProblems()) {
    test(`explains cause and remedy of ${code}`, async ({ client, assert }) => {
      const page = await client.get(`/problems/${code}`)
      page.assertStatus(200)
      for (const text of [title, cause, remedy]) assert.include(plain(page.text()), text)
    })
  }

  test('does not exist for an unknown code', async ({ client, assert }) => {
    for (const code of ['nothing', 'constructor', 'TOKEN_MISSING', '%00', '__proto__']) {
      const missing = await client.get(`/problems/${code}`)
      missing.assertStatus(404)
      assert.equal(missing.body().code, 'not_found')
    }
  })

  test('is listed on the page of all problems', async ({ client, assert }) => {
    const list = await client.get('/problems')
    list.assertStatus(200)
    const linked = [...list.text().matchAll(/href="\/problems\/(\w+)"/g)].map(([, code]) => code)
    assert.deepEqual(linked, [...allProblems().keys()])
  })
})
