/*
 * The routes of all modules, with their middleware.
 */
import router from '@adonisjs/core/services/router'
import type { MiddlewareFn, ParsedNamedMiddleware } from '@adonisjs/core/types/http'
import { accountsNavigation } from '#accounts/pages/navigation'
import { accountsPages, signInPages, peoplePages } from '#accounts/pages/routes'
import { accountsRoutes, signInRoutes } from '#accounts/api/routes'
import { auditLabels as accountsLabels } from '#accounts/audit_labels'
import { addAuditLabels, addAuditNames } from '#admin/audit_labels'
import { missingPage, unlessVisitor } from '#admin/failed_page'
import { useNavigation } from '#admin/navigation'
import { assetRoutes } from '#admin/assets'
import { elsewhere, publicUrl } from '#config/app'
import { runsHere } from '#config/database'
import { inventoryNavigation } from '#inventory/pages/navigation'
import { itemPages, stockPages, uploadPages } from '#inventory/pages/routes'
import { productOfKey } from '#inventory/pages/key_page'
import { stockToday } from '#inventory/pages/today'
import { catalogueRoutes, inventoryRoutes, inventoryUploads } from '#inventory/api/routes'
import { MOST_BYTES } from '#inventory/imports/receive_upload'
import { auditLabels as inventoryLabels } from '#inventory/audit_labels'
import { middleware } from '#middleware/named'
import { operationsToday } from '#operations/today/operations_today'
import { useKeyPages } from '#operations/pages/key_pages'
import { operationsEntry, todayEntry } from '#operations/pages/navigation'
import { operatorPages } from '#operations/pages/routes'
import { operationsPages, operationsRoutes } from '#operations/routes'
import { auditLabels as operationsLabels } from '#operations/audit_labels'
import { orderOfKey } from '#orders/pages/key_page'
import { ordersNavigation } from '#orders/pages/navigation'
import { orderPages } from '#orders/pages/routes'
import { countAttention, ordersToday } from '#orders/pages/today'
import { liveOrderRoutes, ordersRoutes, placementRoutes } from '#orders/api/routes'
import { auditLabels as ordersLabels } from '#orders/pages/audit_labels'
import { orderNames } from '#orders/pages/order_names'
import { kafkaOptions } from '#config/messaging'
import { asyncApi } from '#start/documents/asyncapi'
import { admission, signedIn } from '#start/kernel'
import { openApi } from '#start/documents/openapi'
import { serveDocument } from '#start/documents/serve'

operationsRoutes()

const orders = runsHere('orders')
const inventory = runsHere('inventory')

serveDocument('openapi', openApi(publicUrl, runsHere))
serveDocument('asyncapi', asyncApi(kafkaOptions))

/** @param routes - false for those of modules that run elsewhere */
function below(
  prefix: string,
  layers: (MiddlewareFn | ParsedNamedMiddleware)[],
  ...routes: ((() => void) | false)[]
) {
  router
    .group(() => routes.forEach((add) => add && add()))
    .prefix(prefix)
    .use(layers)
}

const api = below.bind(null, 'api/v1')
/** Except for placements, the body is read last, so that 401, 403 and 429 do not depend on its content. */
const body = [middleware.json(), middleware.body()]
const limited = [signedIn.required(), middleware.limited()]

api(body, signInRoutes)
api(
  [signedIn.required({ optional: true }), middleware.limited(), ...body],
  inventory && catalogueRoutes
)
api([signedIn.required({ ticket: true }), middleware.limited(), ...body], orders && liveOrderRoutes)
// Overload is checked first, to reject cheaply. The body is read before the permit, so that a slow body holds none.
api(
  [
    ...[admission.unlessOverloaded(), ...body, admission.permit()],
    ...[...limited, admission.customerShare(), signedIn.audited()],
  ],
  orders && placementRoutes
)
api(
  [...limited, ...body, signedIn.audited()],
  ...[accountsRoutes, inventory && inventoryRoutes, orders && ordersRoutes]
)
api([...limited, signedIn.audited()], inventory && inventoryUploads)

assetRoutes()

const admin = below.bind(null, 'admin')
/** A form is read first, so that its input can be shown again whatever rejects it. */
const form = [
  middleware.sameOriginForms(),
  middleware.body(),
  middleware.session(),
  middleware.auth(),
]
const desk = [middleware.shield(), signedIn.fromSession(), middleware.page(), signedIn.audited()]
const today = [orders && ordersToday, inventory && stockToday, operationsToday]

admin([...form, middleware.shield(), middleware.page()], signInPages)
admin(
  [...form, ...desk],
  () => operationsPages(today.filter((part) => part !== false)),
  () => operatorPages(orders ? countAttention : null),
  ...[accountsPages, peoplePages, orders && orderPages],
  ...[inventory && stockPages, inventory && itemPages]
)
// A file is read only after authentication.
admin(
  [
    ...[middleware.sameOriginForms(), middleware.session(), middleware.auth()],
    ...[middleware.upload({ most: MOST_BYTES }), ...desk],
  ],
  inventory && uploadPages
)

useKeyPages([orders && orderOfKey, inventory && productOfKey].filter((page) => page !== false))
useNavigation({
  bar: [
    todayEntry,
    ...(orders ? ordersNavigation : []),
    ...(inventory ? inventoryNavigation : []),
    operationsEntry,
  ],
  menu: accountsNavigation,
})

for (const labels of [accountsLabels, inventoryLabels, ordersLabels, operationsLabels])
  addAuditLabels(labels)
if (orders) addAuditNames(orderNames)

/** Redirects to the pages of modules that run elsewhere. */
for (const { pages, url } of elsewhere) {
  for (const path of [pages, `${pages}/*`]) {
    router.get(path, ({ request, response }) =>
      response.redirect().toPath(`${url}${request.url(true)}`)
    )
  }
}

// Last, because it matches every path.
admin(
  [
    ...[unlessVisitor, middleware.session(), middleware.auth(), middleware.shield()],
    ...[signedIn.fromSession({ optional: true }), middleware.page()],
  ],
  missingPage
)
