/*
 * The routes of all modules, and who may pass to them.
 */
import router from '@adonisjs/core/services/router'
import { accountsRoutes, signInRoutes } from '#accounts/routes'
import { catalogueRoutes, inventoryRoutes } from '#inventory/routes'
import { middleware } from '#middleware/named'
import { operationsRoutes } from '#operations/routes'
import { ordersRoutes } from '#orders/routes'
import { signedIn } from '#start/kernel'

operationsRoutes()

/** Read last: whoever may not call, or not so often, is told so whatever they sent. */
const body = [middleware.json(), middleware.body()]

router.group(signInRoutes).prefix('api/v1').use(body)

router
  .group(catalogueRoutes)
  .prefix('api/v1')
  .use([signedIn.required({ optional: true }), middleware.limited(), ...body])

router
  .group(() => {
    accountsRoutes()
    inventoryRoutes()
    ordersRoutes()
  })
  .prefix('api/v1')
  .use([signedIn.required(), middleware.limited(), ...body])
