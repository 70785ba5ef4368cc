/*
 * What every request passes.
 */
import router from '@adonisjs/core/services/router'
import server from '@adonisjs/core/services/server'

server.errorHandler(() => import('#exceptions/handler'))

server.use([
  () => import('#middleware/observed_middleware'),
  () => import('#middleware/response_headers_middleware'),
  () => import('@adonisjs/cors/cors_middleware'),
])

/** Where more may come in than can be taken. */
export const inTurn = router.named({
  placement: () => import('#orders/admission_middleware'),
})

/** Who is calling: the modules' routes stand behind these. */
export const signedIn = router.named({
  required: () => import('#accounts/authenticate_middleware'),
  atDesk: () => import('#accounts/desk_middleware'),
  audited: () => import('#accounts/audit/audit_middleware'),
})
