import router from '@adonisjs/core/services/router'
import type { HttpRequest } from '@adonisjs/core/http'
import { Problem } from '../problem.ts'

/** The name of the route that matches every path without one. */
export const ANY_PATH = 'desk.missing'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** 404 for an unknown path, 405 for one that other methods reach. */
export function noRoute(request: HttpRequest) {
  const allowed = methodsOf(request.url()).join(', ')
  if (!allowed) {
    return new Problem('no_such_address', 'No route has this path. API paths begin with /api/v1.')
  }
  return new Problem(
    'method_not_allowed',
    `This path does not support ${request.method()}. Use ${allowed}.`,
    { headers: { Allow: allowed } }
  )
}

/** The methods of this path. If a route has just this path, those of a route with a parameter do not count. */
export function methodsOf(path: string): string[] {
  const reached = METHODS.flatMap((method) => {
    const route = router.match(path, method, false)?.route
    return route && route.name !== ANY_PATH ? [{ method, pattern: route.pattern }] : []
  })
  const literal = reached.find(({ pattern }) => !/[:*]/.test(pattern))
  return reached
    .filter(({ pattern }) => !literal || pattern === literal.pattern)
    .map(({ method }) => method)
}
