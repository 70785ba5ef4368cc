import type { HttpContext } from '@adonisjs/core/http'
import { test } from '@japa/runner'
import { shared } from '#middleware/shared'

test.group('Shared middleware', () => {
  test('is created once, and gets the options of each route', async ({ assert }) => {
    let created = 0
    class Recording {
      constructor() {
        created++
      }

      handle(ctx: HttpContext, next: () => unknown, options: { route: string }) {
        ctx.params.route = options.route
        return next()
      }
    }
    const { recording } = shared({ recording: async () => ({ default: Recording }) })
    const handled: string[] = []
    for (const route of ['first', 'second']) {
      const { handle } = recording({ route })
      const ctx = { params: {} } as HttpContext
      const next = async () => void handled.push(ctx.params.route)
      await handle(ctx.containerResolver, ctx, next, { route })
    }
    assert.deepEqual(handled, ['first', 'second'])
    assert.equal(created, 1)
  })
})
