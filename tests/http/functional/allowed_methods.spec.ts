import router from '@adonisjs/core/services/router'
import { test } from '@japa/runner'
import { methodsOf } from '#http/server/no_route'
import { emptyShop, person } from '#tests/support/shop'

const server = `http://${process.env.HOST}:${process.env.PORT}`

test.group('A path that does not support a method', (group) => {
  group.setup(emptyShop)

  test('lists in Allow the methods of the path, not those of a path with a parameter', async ({
    assert,
  }) => {
    const routes = Object.values(router.toJSON()).flat()
    const literal = routes.filter(({ pattern }) => !/[:*]/.test(pattern))
    assert.isAbove(literal.length, 20)
    for (const { pattern } of literal) {
      const own = new Set(routes.filter((r) => r.pattern === pattern).flatMap((r) => r.methods))
      assert.sameMembers(methodsOf(pattern), [...own], pattern)
    }
    const ada = await person('customer', 'Ada')
    for (const method of ['PATCH', 'DELETE']) {
      const refused = await fetch(`${server}/api/v1/orders/events`, {
        method,
        headers: { authorization: `Bearer ${ada.token}` },
      })
      assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD'])
    }
  })
})
