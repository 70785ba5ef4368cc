import router from '@adonisjs/core/services/router'
import { sendAsset } from './assets.ts'

/** For everyone: pages that cannot be shown need them too. */
export function assetRoutes() {
  router.get('admin/assets/:file', sendAsset).as('admin.assets')
}
