import router from '@adonisjs/core/services/router'
import { shared } from './shared.ts'

/** Middleware by name, for routes. */
export const middleware = {
  ...shared({
    body: () => import('#middleware/body_middleware'),
    json: () => import('#middleware/json_body_middleware'),
    limited: () => import('#middleware/rate_limit_middleware'),
    sameOriginForms: () => import('#admin/same_origin_forms_middleware'),
    page: () => import('#admin/page_middleware'),
    roles: () => import('#middleware/roles_middleware'),
    upload: () => import('#middleware/upload_middleware'),
  }),
  ...router.named({
    auth: () => import('@adonisjs/auth/initialize_auth_middleware'),
    session: () => import('@adonisjs/session/session_middleware'),
    shield: () => import('@adonisjs/shield/shield_middleware'),
  }),
}
