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
  }

  async boot() {
    const { default: edge } = await import('edge.js')
    // Compiling a view takes longer than sending the mail; `node ace serve` restarts on a change.
    edge.configure({ cache: true })
    for (const module of ['orders', 'inventory', 'accounts', 'operations', 'mail']) {
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
      'uuid': 'must be a UUID',
      'enum': 'must be one of {{ choices }}',
    })
  }

  /** The web process sends mail too; it says that it is ready when the first order can be placed. */
  async ready() {
    if (this.app.getEnvironment() !== 'web') return
    const { enter } = await import('#operations/readiness')
    const { demoIsOrderable, printBanner } = await import('#start/banner')
    await this.#startMail()
    await demoIsOrderable()
    enter('running')
    printBanner()
  }

  async shutdown() {
    const { mailQueue } = await import('#mail/queue')
    await mailQueue.stop()
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
    const { enter } = await import('#operations/readiness')
    this.app.terminating(() => enter('draining'))
  }
}
