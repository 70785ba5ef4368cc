/*
 * Server middleware for every request, and named middleware of modules.
 */
import router from '@adonisjs/core/services/router'
import server from '@adonisjs/core/services/server'

server.errorHandler(() => import('#exceptions/handler'))

server.use([
  () => import('#middleware/observed_middleware'),
  () => import('#middleware/response_headers_middleware'),
  () => import('#middleware/proxy_middleware'),
  () => import('@adonisjs/cors/cors_middleware'),
])

/** Admission control of order placement. */
export const admission = router.named({
  unlessOverloaded: () => import('#orders/api/admission/overload_middleware'),
  permit: () => import('#orders/api/admission/admission_middleware'),
  customerShare: () => import('#orders/api/admission/customer_share_middleware'),
})

/** Authentication and audit of the modules' routes. */
export const signedIn = router.named({
  required: () => import('#accounts/credentials/token_middleware'),
  fromSession: () => import('#accounts/credentials/session_middleware'),
  audited: () => import('#accounts/audit/audit_middleware'),
})
