import type { ApplicationService } from '@adonisjs/core/types'
import type { MessagingConfig } from './define_config.ts'
import { Messaging } from './messaging.ts'

declare module '@adonisjs/core/types' {
  interface ContainerBindings {
    messaging: Messaging
  }
}

/** Binds the kernel, and stops it with the app. The app itself starts it. */
export default class MessagingProvider {
  constructor(protected app: ApplicationService) {}

  register() {
    this.app.container.singleton('messaging', async (resolver) => {
      const config = this.app.config.get<MessagingConfig>('messaging')
      return new Messaging(config, await resolver.make('lucid.db'), await resolver.make('logger'))
    })
  }

  async shutdown() {
    const messaging = await this.app.container.make('messaging')
    await messaging.stop()
  }
}
