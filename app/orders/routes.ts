import router from '@adonisjs/core/services/router'
import { middleware } from '#middleware/named'

const CancellationsController = () => import('./controllers/cancellations_controller.js')
const EventsController = () => import('./controllers/events_controller.js')
const FulfilmentsController = () => import('./controllers/fulfilments_controller.js')
const OrderEventsController = () => import('./controllers/order_events_controller.js')
const OrdersController = () => import('./controllers/orders_controller.js')
const StreamTicketsController = () => import('./controllers/stream_tickets_controller.js')
const TimelinesController = () => import('./controllers/timelines_controller.js')

const buyers = middleware.roles(['customer', 'clerk', 'admin', 'service'])

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
      router.patch('orders/:id', [OrdersController, 'update']).use(buyers)
      router.post('orders/:id/cancellation', [CancellationsController, 'store']).use(buyers)
      router
        .post('orders/:id/fulfilment', [FulfilmentsController, 'store'])
        .use(middleware.roles(['clerk', 'admin']))
      router.get('orders/:id/timeline', [TimelinesController, 'show'])
      router.post('orders/:id/stream-tickets', [StreamTicketsController, 'store'])
    })
    .as('orders')
}

/** Below `/api/v1`, for authenticated callers and holders of a stream ticket. */
export function liveOrderRoutes() {
  router.get('orders/:id/events', [OrderEventsController, 'index']).as('order.events')
}
