import env from '#start/env'
import app from '@adonisjs/core/services/app'
import { defineConfig, targets } from '@adonisjs/core/logger'
import { traceId } from '#runtime/trace_context'

export default defineConfig({
  default: 'app',
  loggers: {
    app: {
      enabled: true,
      name: 'quartermaster',
      level: env.get('LOG_LEVEL'),
      // The trace id links all log lines that a request causes.
      mixin() {
        const trace = traceId()
        return trace ? { trace_id: trace } : {}
      },
      // Only a terminal gets pretty lines. Otherwise pino writes its lines itself, because the thread of a transport
      // takes 15 MB.
      ...(!app.inProduction &&
        process.stdout.isTTY && { transport: { targets: [targets.pretty()] } }),
    },
  },
})
