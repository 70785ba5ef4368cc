import app from '@adonisjs/core/services/app'
import router from '@adonisjs/core/services/router'
import type { TodayPart } from '#contracts/ports/today'
import { plainCss } from './plain_css.ts'
import { todayPage } from './today/today_page.ts'

const DevMailsController = () => import('./controllers/dev_mails_controller.js')
const DocsController = () => import('./controllers/docs_controller.js')
const HealthController = () => import('./health/health_controller.js')
const MetricsController = () => import('./metrics/metrics_controller.js')
const HomeController = () => import('./controllers/home_controller.js')
const ProblemsController = () => import('./controllers/problems_controller.js')

/** Below `/admin`, for staff. @param today - the contributions of the modules that run here */
export function operationsPages(today: TodayPart[]) {
  router.get('/', todayPage(today)).as('today')
}

/** Outside the API, for everyone. */
export function operationsRoutes() {
  router.get('/', [HomeController, 'index']).as('home')
  router.get('plain.css', ({ response }) =>
    response.header('content-type', 'text/css; charset=utf-8').send(plainCss)
  )
  router.get('docs', [DocsController, 'index']).as('docs')
  router.get('docs/:file', [DocsController, 'file']).as('docs.file')
  router.get('problems', [ProblemsController, 'index']).as('problems')
  router.get('problems/:code', [ProblemsController, 'show']).as('problems.show')
  router.get('health/live', [HealthController, 'live']).as('health.live')
  router.get('health/ready', [HealthController, 'ready']).as('health.ready')
  router.get('metrics', [MetricsController, 'index']).as('metrics')
  if (app.inProduction) return
  router.get('dev/mail', [DevMailsController, 'index']).as('dev.mails')
  router.get('dev/mail/:id', [DevMailsController, 'show']).as('dev.mail')
  router.get('dev/mail/:id/text', [DevMailsController, 'text']).as('dev.mail.text')
}
