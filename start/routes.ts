/*
 * The routes of all modules, and who may pass to them.
 */
import router from '@adonisjs/core/services/router'
import { accountsPages, peoplePages } from '#accounts/pages/routes'
import { accountsRoutes, deskRoutes, signInRoutes } from '#accounts/routes'
import { staffActs as accountsActs } from '#accounts/staff_acts'
import { nameActs } from '#admin/acts'
import { assetRoutes } from '#admin/routes'
import { elsewhere, publicUrl } from '#config/app'
import { runsHere } from '#config/database'
import { itemPages, stockPages, uploadPages } from '#inventory/pages/routes'
import { stockToday } from '#inventory/pages/today'
import { catalogueRoutes, inventoryRoutes, inventoryUploads } from '#inventory/routes'
import { MOST_BYTES } from '#inventory/imports/receive_upload'
import { staffActs as inventoryActs } from '#inventory/staff_acts'
import { middleware } from '#middleware/named'
import { operationsToday } from '#operations/operations_today'
import { operatorPages } from '#operations/pages/routes'
import { operationsPages, operationsRoutes } from '#operations/routes'
import { staffActs as operationsActs } from '#operations/staff_acts'
import { orderPages } from '#orders/pages/routes'
import { countAttention, ordersToday } from '#orders/pages/today'
import { liveOrderRoutes, ordersRoutes, placementRoutes } from '#orders/routes'
import { staffActs as ordersActs } from '#orders/staff_acts'
import messagingConfig from '#config/messaging'
import { asyncApi } from '#start/asyncapi'
import { inTurn, signedIn } from '#start/kernel'
import { openApi } from '#start/openapi'

operationsRoutes()

const orders = runsHere('orders')
const inventory = runsHere('inventory')

const openApiText = JSON.stringify(openApi(publicUrl, runsHere))
router
  .get('openapi.json', ({ response }) =>
    response.header('content-type', 'application/json').send(openApiText)
  )
  .as('openapi')

const asyncApiText = JSON.stringify(asyncApi(messagingConfig.kafka))
router
  .get('asyncapi.json', ({ response }) =>
    response.header('content-type', 'application/json').send(asyncApiText)
  )
  .as('asyncapi')

/** Read last: whoever may not call, or not so often, is told so whatever they sent. */
const body = [middleware.json(), middleware.body()]

router.group(signInRoutes).prefix('api/v1').use(body)

router
  .group(() => inventory && catalogueRoutes())
  .prefix('api/v1')
  .use([signedIn.required({ optional: true }), middleware.limited(), ...body])

router
  .group(() => orders && liveOrderRoutes())
  .prefix('api/v1')
  .use([signedIn.required({ ticket: true }), middleware.limited(), ...body])

// The turn comes first: whoever is sent away costs nothing.
router
  .group(() => orders && placementRoutes())
  .prefix('api/v1')
  .use([inTurn.placement(), signedIn.required(), middleware.limited(), ...body, signedIn.audited()])

router
  .group(() => {
    accountsRoutes()
    if (inventory) inventoryRoutes()
    if (orders) ordersRoutes()
  })
  .prefix('api/v1')
  .use([signedIn.required(), middleware.limited(), ...body, signedIn.audited()])

router
  .group(() => inventory && inventoryUploads())
  .prefix('api/v1')
  .use([signedIn.required(), middleware.limited(), signedIn.audited()])

assetRoutes()

/** A form is read first: whatever keeps it from being taken, what was typed is shown again. */
const form = [middleware.ownForms(), middleware.body(), middleware.session(), middleware.auth()]
const desk = [middleware.shield(), signedIn.atDesk(), middleware.page(), signedIn.audited()]

router
  .group(deskRoutes)
  .prefix('admin')
  .use([...form, middleware.shield(), middleware.page()])

router
  .group(() => {
    const today = [orders && ordersToday, inventory && stockToday, operationsToday]
    operationsPages(today.filter((part) => part !== false))
    operatorPages(orders ? countAttention : null)
    accountsPages()
    peoplePages()
    if (orders) orderPages()
    if (inventory) {
      stockPages()
      itemPages()
    }
  })
  .prefix('admin')
  .use([...form, ...desk])

/** The file is not read before it is clear who sends it. */
router
  .group(() => inventory && uploadPages())
  .prefix('admin')
  .use([
    ...[middleware.ownForms(), middleware.session(), middleware.auth()],
    ...[middleware.upload({ most: MOST_BYTES }), ...desk],
  ])

for (const acts of [accountsActs, inventoryActs, ordersActs, operationsActs]) nameActs(acts)

/** Pages of the module that runs elsewhere: our links to them lead there. */
for (const { pages, url } of elsewhere) {
  for (const path of [pages, `${pages}/*`]) {
    router.get(path, ({ request, response }) =>
      response.redirect().toPath(`${url}${request.url(true)}`)
    )
  }
}
