import type { Server } from 'node:http'
import vine, { SimpleMessagesProvider } from '@vinejs/vine'
import type { ApplicationService } from '@adonisjs/core/types'
import { validationMessages } from '#start/validation_messages'

/** Registers ports, views and validation messages, and starts and stops the workers. */
export default class AppProvider {
  constructor(protected app: ApplicationService) {}

  register() {
    this.app.container.singleton('operatorAccess', async () => {
      const { operatorAccess } = await import('#accounts/operator_access')
      return operatorAccess
    })
    this.app.container.singleton('staffDirectory', async () => {
      const { staffDirectory } = await import('#accounts/staff_directory')
      return staffDirectory
    })
  }

  async boot() {
    const { default: edge } = await import('edge.js')
    // Compiling a view takes longer than rendering it. `node ace serve` restarts after a change.
    edge.configure({ cache: true })
    const { addViewGlobals } = await import('#admin/view_globals')
    addViewGlobals(edge)
    for (const module of ['admin', 'orders', 'inventory', 'accounts', 'operations', 'mail']) {
      edge.mount(module, this.app.makePath('app', module, 'views'))
    }
    await this.#shareRenderer()
    const { refuseBadAddress } = await import('#http/server/bad_address')
    this.app.config.set('app.http.onBadUrl', refuseBadAddress(this.app.config.get('app.publicUrl')))
    vine.messagesProvider = new SimpleMessagesProvider(validationMessages)
  }

  /**
   * Creates once what the framework creates for each request, at 1 or 2 ms each: Edge scans the disk for components
   * for each new renderer, and the middleware of shield imports Edge.
   */
  async #shareRenderer() {
    const { default: edge } = await import('edge.js')
    const { HttpContext } = await import('@adonisjs/core/http')
    const { default: ShieldMiddleware } = await import('@adonisjs/shield/shield_middleware')
    const { Message } = await import('@adonisjs/mail')
    const renderer = edge.createRenderer()
    Message.templateEngine = {
      render: (path, helpers, content) => renderer.clone().share(helpers).render(path, content),
    }
    HttpContext.getter(
      'view',
      function (this: InstanceType<typeof HttpContext>) {
        return renderer.clone().share({ request: this.request })
      },
      true
    )
    this.app.container.singleton(ShieldMiddleware, async () => {
      const encryption = await this.app.container.make('encryption')
      return new ShieldMiddleware(this.app.config.get('shield', {}), encryption.use(), edge)
    })
  }

  /** Reports readiness once an order can be placed. */
  async ready() {
    if (this.app.getEnvironment() !== 'web') return
    const { runsWorkers } = await import('#config/app')
    const { runsHere } = await import('#config/database')
    const { enter, observe } = await import('#operations/health/readiness')
    const { stepFeed } = await import('#orders/live/step_feed')
    const { demoIsOrderable, printBanner } = await import('#start/banner')
    const { WORKERS, startWorkers } = await import('#start/workers/workers')
    await this.#prepareDraining()
    await startWorkers(this.app, runsWorkers ? WORKERS : [])
    if (runsHere('orders')) observe(stepFeed)
    await demoIsOrderable()
    enter('running')
    printBanner()
  }

  async shutdown() {
    const { stopWorkers } = await import('#start/workers/workers')
    const { stepFeed } = await import('#orders/live/step_feed')
    await Promise.all([stopWorkers(this.app), stepFeed.stop()])
  }

  /** Completes requests in progress, and ends streams and idle connections, before the server closes. */
  async #prepareDraining() {
    const { watchConnections } = await import('#http/server/draining')
    const { endEventStreams } = await import('#http/server/event_stream')
    const { enter } = await import('#operations/health/readiness')
    const server = await this.app.container.make('server')
    const drain = watchConnections(server.getNodeServer() as Server)
    // The framework closes the server right afterwards.
    this.app.terminating(() => {
      enter('draining')
      endEventStreams()
      drain()
    })
  }
}
