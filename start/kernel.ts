/*
 * Server middleware for every request, and named middleware of modules.
 */
import server from '@adonisjs/core/services/server'
import cors from '#config/cors'
import { shared } from '#middleware/shared'

server.errorHandler(() => import('#exceptions/handler'))

server.use([
  () => import('#middleware/request_middleware'),
  ...(cors.enabled ? [() => import('@adonisjs/cors/cors_middleware')] : []),
])

/** Admission control of order placement. */
export const admission = shared({
  unlessOverloaded: () => import('#orders/api/admission/overload_middleware'),
  permit: () => import('#orders/api/admission/admission_middleware'),
  customerShare: () => import('#orders/api/admission/customer_share_middleware'),
})

/** Authentication and audit of the modules' routes. */
export const signedIn = shared({
  required: () => import('#accounts/credentials/token_middleware'),
  fromSession: () => import('#accounts/credentials/session_middleware'),
  audited: () => import('#accounts/audit/audit_middleware'),
})
