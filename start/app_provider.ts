import type { Server } from 'node:http'
import vine, { SimpleMessagesProvider } from '@vinejs/vine'
import type { ApplicationService } from '@adonisjs/core/types'
import type { DigestWorker } from '#inventory/low_stock/digest_worker'
import type { Sweeper } from '#orders/sweeper'

/** What the app itself adds to the framework: its views, and the words of its validation. */
export default class AppProvider {
  #sweeper: Sweeper | null = null
  #digests: DigestWorker | null = null

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

  /** The web process sends mail and sweeps too; it says that it is ready when the first order can be placed. */
  async ready() {
    if (this.app.getEnvironment() !== 'web') return
    const { enter, observe } = await import('#operations/readiness')
    const { stepFeed } = await import('#orders/live/step_feed')
    const { demoIsOrderable, printBanner } = await import('#start/banner')
    await this.#prepareDraining()
    await this.#startMail()
    await this.#startSweeper()
    await this.#startImports()
    await this.#startDigests()
    await this.#startRetention()
    observe(stepFeed)
    await demoIsOrderable()
    enter('running')
    printBanner()
  }

  async shutdown() {
    const { mailQueue } = await import('#mail/queue')
    const { importWorker } = await import('#inventory/imports/import_worker')
    const { retention } = await import('#operations/retention')
    const { stepFeed } = await import('#orders/live/step_feed')
    await Promise.all([
      mailQueue.stop(),
      this.#sweeper?.stop(),
      this.#digests?.stop(),
      retention.stop(),
      stepFeed.stop(),
      importWorker.stop(),
    ])
  }

  async #startMail() {
    const { mailDomain } = await import('#config/mail')
    const { mailQueue } = await import('#mail/queue')
    const mail = await this.app.container.make('mail.manager')
    mailQueue.start({
      db: await this.app.container.make('lucid.db'),
      logger: await this.app.container.make('logger'),
      domain: mailDomain,
      send: (compose) => mail.use().send(compose),
    })
    const { observe } = await import('#operations/readiness')
    observe(mailQueue)
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

  async #startSweeper() {
    const { answerTimeout } = await import('#config/orders')
    const { observe } = await import('#operations/readiness')
    const { Sweeper } = await import('#orders/sweeper')
    const db = await this.app.container.make('lucid.db')
    const messaging = await this.app.container.make('messaging')
    this.#sweeper = new Sweeper({
      client: () => db.connection('orders'),
      leads: () => messaging.leads('orders'),
      answerTimeout,
      logger: await this.app.container.make('logger'),
    })
    observe(this.#sweeper)
    this.#sweeper.start()
  }

  async #startImports() {
    const { importWorker } = await import('#inventory/imports/import_worker')
    const { observe } = await import('#operations/readiness')
    importWorker.start(await this.app.container.make('logger'))
    observe(importWorker)
  }

  async #startDigests() {
    const { DigestWorker } = await import('#inventory/low_stock/digest_worker')
    const { observe } = await import('#operations/readiness')
    const staff = await this.app.container.make('staffDirectory')
    this.#digests = new DigestWorker(staff, await this.app.container.make('logger'))
    observe(this.#digests)
    this.#digests.start()
  }

  /** What nobody needs any longer goes, in the process that leads. */
  async #startRetention() {
    const { observe } = await import('#operations/readiness')
    const { retention } = await import('#operations/retention')
    const { forgettings } = await import('#start/retention')
    const db = await this.app.container.make('lucid.db')
    const messaging = await this.app.container.make('messaging')
    retention.use(forgettings(db, messaging), await this.app.container.make('logger'))
    observe(retention)
    retention.start()
  }
}
