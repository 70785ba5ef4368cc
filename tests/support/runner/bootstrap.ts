import app from '@adonisjs/core/services/app'
import testUtils from '@adonisjs/core/services/test_utils'
import { apiClient } from '@japa/api-client'
import { assert } from '@japa/assert'
import { pluginAdonisJS } from '@japa/plugin-adonisjs'
import { spec } from '@japa/runner/reporters'
import type { Config } from '@japa/runner/types'
import { summaryReporter } from '#tests/support/runner/summary'

export const plugins: Config['plugins'] = [
  assert(),
  apiClient(`http://${process.env.HOST}:${process.env.PORT}`),
  pluginAdonisJS(app),
]

export const reporters: Config['reporters'] = {
  activated: ['spec', 'summary'],
  list: [spec(), summaryReporter],
}

/** The tables are made once; the server listens for the whole run. */
export const runnerHooks: Required<Pick<Config, 'setup' | 'teardown'>> = {
  setup: [
    async () => {
      const { default: db } = await import('@adonisjs/lucid/services/db')
      const { setUpDatabases } = await import('#database/setup')
      const { enter } = await import('#operations/health/readiness')
      await setUpDatabases(app, db)
      enter('running')
    },
    () => testUtils.httpServer().start(),
    async () => {
      const { watchTheApi } = await import('#tests/support/documents/openapi')
      watchTheApi()
    },
  ],
  teardown: [
    async () => {
      const { stopBroker } = await import('#tests/support/kafka/broker')
      await stopBroker()
    },
    async () => {
      const { closeBrowser } = await import('#tests/support/browser/browser')
      await closeBrowser()
    },
  ],
}
