import type { Server } from 'node:http'
import vine, { SimpleMessagesProvider } from '@vinejs/vine'
import type { ApplicationService } from '@adonisjs/core/types'

/** What the app itself adds to the framework: its views, and the words of its validation. */
export default class AppProvider {
  constructor(protected app: ApplicationService) {}

  register() {
    this.app.container.singleton('operatorAccess', async () => {
      const { operatorAccess } = await import('#accounts/operator_access')
      return operatorAccess
    })
    this.app.container.singleton('staffDirectory', async () => {
      const { staffDirectory } = await import('#accounts/low_stock/staff_directory')
      return staffDirectory
    })
  }

  async boot() {
    const { default: edge } = await import('edge.js')
    // Compiling a view takes longer than sending the mail; `node ace serve` restarts on a change.
    edge.configure({ cache: true })
    const { addPageParts } = await import('#admin/page_parts')
    addPageParts(edge)
    for (const module of ['admin', 'orders', 'inventory', 'accounts', 'operations', 'mail']) {
      edge.mount(module, this.app.makePath('app', module, 'views'))
    }
    await this.#keepWhatPagesShare()
    vine.messagesProvider = new SimpleMessagesProvider({
      'required': 'is required',
      'string': 'must be a text',
      'number': 'must be a number',
      'boolean': 'must be true or false',
      'object': 'must be an object',
      'array': 'must be a list',
      'withoutDecimals': 'must be a whole number',
      'min': 'must be at least {{ min }}',
      'max': 'must be at most {{ max }}',
      'minLength': 'must have at least {{ min }} characters',
      'maxLength': 'must have at most {{ max }} characters',
      'array.minLength': 'must have at least {{ min }} entries',
      'lines.array.minLength': 'must have at least one entry; to end an order, cancel it',
      'array.maxLength': 'must have at most {{ max }} entries',
      'email': 'must be an e-mail address',
      'regex': 'has the wrong form',
      'sku.regex':
        'must be letters, digits, dots, underscores and hyphens, the first a letter or a digit',
      'price.regex': 'must be an amount such as 1250.00, without separators of thousands',
      'currency.regex': 'must be an ISO 4217 code such as EUR',
      'country.regex': 'must be two capital letters such as DE',
      'barcodes.*.regex': 'must be 8 or 12 to 14 digits',
      'trackingUrl.regex': 'must begin with http:// or https://',
      'uuid': 'must be a UUID',
      'enum': 'must be one of {{ choices }}',
      'url': 'must be an address that begins with http:// or https://',
      'distinct': 'must not have an entry twice',
    })
  }

  /**
   * Makes once what the framework makes for each request, a millisecond or two each: Edge looks for
   * components on the disk whenever it makes a renderer, shield's middleware imports Edge.
   */
  async #keepWhatPagesShare() {
    const { default: edge } = await import('edge.js')
    const { HttpContext } = await import('@adonisjs/core/http')
    const { default: ShieldMiddleware } = await import('@adonisjs/shield/shield_middleware')
    const renderer = edge.createRenderer()
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

  /** Says that it is ready when the first order can be placed. */
  async ready() {
    if (this.app.getEnvironment() !== 'web') return
    const { works } = await import('#config/app')
    const { runsHere } = await import('#config/database')
    const { enter, observe } = await import('#operations/readiness')
    const { stepFeed } = await import('#orders/live/step_feed')
    const { demoIsOrderable, printBanner } = await import('#start/banner')
    const { DUTIES, takeUp } = await import('#start/duties')
    await this.#prepareDraining()
    await takeUp(this.app, works ? DUTIES : [])
    if (runsHere('orders')) observe(stepFeed)
    await demoIsOrderable()
    enter('running')
    printBanner()
  }

  async shutdown() {
    const { layDown } = await import('#start/duties')
    const { stepFeed } = await import('#orders/live/step_feed')
    await Promise.all([layDown(this.app), stepFeed.stop()])
  }

  /** What is asked is still answered; what would keep the process is ended. */
  async #prepareDraining() {
    const { watchConnections } = await import('#http/draining')
    const { endEventStreams } = await import('#http/event_stream')
    const { enter } = await import('#operations/readiness')
    const server = await this.app.container.make('server')
    const drain = watchConnections(server.getNodeServer() as Server)
    // The framework closes the server right after this.
    this.app.terminating(() => {
      enter('draining')
      endEventStreams()
      drain()
    })
  }
}
