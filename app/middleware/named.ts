import router from '@adonisjs/core/services/router'

/** Middleware that a route asks for by name. */
export const middleware = router.named({
  limited: () => import('#middleware/rate_limit_middleware'),
  roles: () => import('#middleware/roles_middleware'),
})
