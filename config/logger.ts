import env from '#start/env'
import app from '@adonisjs/core/services/app'
import { defineConfig, targets } from '@adonisjs/core/logger'
import { traceId } from '#runtime/trace_context'
import { visibleLogLine } from '#runtime/visible_text'

export default defineConfig({
  default: 'app',
  loggers: {
    app: {
      enabled: true,
      name: 'quartermaster',
      level: env.get('LOG_LEVEL'),
      // Keys and errors come from topics, and the line may go to a terminal.
      hooks: { streamWrite: visibleLogLine },
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
