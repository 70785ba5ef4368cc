import router from '@adonisjs/core/services/router'
import { sendAsset } from './assets.ts'

/** Public, because error pages need them too. */
export function assetRoutes() {
  router.get('admin/assets/:file', sendAsset).as('admin.assets')
}
