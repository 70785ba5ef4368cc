import router from '@adonisjs/core/services/router'
import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'

type Load = () => Promise<{ default: new () => Middleware }>

interface Middleware {
  handle(ctx: HttpContext, next: NextFn, options?: any): unknown
}

/**
 * Named middleware for routes, as `router.named`, but one instance of each serves all requests. The framework's container
 * would create it for each request, in a dozen promises. Middleware with injected dependencies needs `router.named`.
 */
export function shared<Collection extends Record<string, Load>>(collection: Collection) {
  const named = router.named(collection)
  for (const [name, create] of Object.entries(named)) {
    const handle = handleWithOne(collection[name])
    Object.assign(named, {
      [name]: (...options: Parameters<typeof create>) => ({ ...create(...options), handle }),
    })
  }
  return named
}

function handleWithOne(load: Load) {
  let instance: Middleware | undefined
  return async (_: unknown, ctx: HttpContext, next: NextFn, options?: unknown) => {
    if (!instance) {
      const { default: Class } = await load()
      instance = new Class()
    }
    return instance.handle(ctx, next, options)
  }
}
