import router from '@adonisjs/core/services/router'

/** Middleware by name, for routes. */
export const middleware = router.named({
  body: () => import('#middleware/body_middleware'),
  json: () => import('#middleware/json_body_middleware'),
  limited: () => import('#middleware/rate_limit_middleware'),
  auth: () => import('@adonisjs/auth/initialize_auth_middleware'),
  sameOriginForms: () => import('#admin/same_origin_forms_middleware'),
  page: () => import('#admin/page_middleware'),
  roles: () => import('#middleware/roles_middleware'),
  session: () => import('@adonisjs/session/session_middleware'),
  upload: () => import('#middleware/upload_middleware'),
  shield: () => import('@adonisjs/shield/shield_middleware'),
})
