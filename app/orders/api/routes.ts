import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'

const EventsController = () => import('./controllers/events_controller.js')
const OrdersController = () => import('./controllers/orders_controller.js')

const buyers = middleware.roles(['customer', 'clerk', 'admin', 'service'])

/** `orders/events` is a path of its own, which has no PATCH. */
const exceptEvents = /^(?!events$)/

/** Below `/api/v1`, for authenticated callers, behind admission control. */
export function placementRoutes() {
  router.post('orders', [OrdersController, 'store']).use(buyers).as('orders.orders.store')
}

/** Below `/api/v1`, for authenticated callers. */
export function ordersRoutes() {
  router
    .group(() => {
      router.get('orders', [OrdersController, 'index'])
      router.get('orders/events', [EventsController, 'index'])
      router.get('orders/:id', [OrdersController, 'show'])
      router.patch('orders/:id', [OrdersController, 'update']).where('id', exceptEvents).use(buyers)
      router
        .post('orders/:id/cancellation', [OrdersController, 'cancel'])
        .use(buyers)
        .as('cancellations.store')
      router
        .post('orders/:id/fulfilment', [OrdersController, 'fulfil'])
        .use(middleware.roles(['clerk', 'admin']))
        .as('fulfilments.store')
      router.get('orders/:id/timeline', [OrdersController, 'timeline']).as('timelines.show')
      router
        .post('orders/:id/stream-tickets', [EventsController, 'ticket'])
        .as('stream_tickets.store')
    })
    .as('orders')
}

/** Below `/api/v1`, for authenticated callers and holders of a stream ticket. */
export function liveOrderRoutes() {
  router.get('orders/:id/events', [EventsController, 'show']).as('order.events')
}
