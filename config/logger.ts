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
      transport: {
        targets: targets()
          .pushIf(!app.inProduction && process.stdout.isTTY === true, targets.pretty())
          .pushIf(
            app.inProduction || process.stdout.isTTY !== true,
            targets.file({ destination: 1 })
          )
          .toArray(),
      },
    },
  },
})
