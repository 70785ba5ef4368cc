/*
 * Stylesheet and scripts of the admin pages, from `assets` here and from the modules' `pages/assets`. htmx is
 * vendored (see assets/htmx.LICENSE).
 */
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HttpContext } from '@adonisjs/core/http'
import router from '@adonisjs/core/services/router'
import { notFound } from '#http/problem'

const TYPES: Record<string, string> = { '.css': 'text/css', '.js': 'text/javascript' }

const app = fileURLToPath(new URL('..', import.meta.url))

/** Files by name, which is unique among all folders. */
const assets = new Map(
  globSync(`{admin,*/pages}/assets/*{${Object.keys(TYPES)}}`, { cwd: app })
    .sort()
    .map((path) => [
      basename(path),
      { type: TYPES[extname(path)], content: readFileSync(join(app, path)) },
    ])
)

/** A hash of all files. It is in their URLs, so that browsers can cache them. */
export const assetVersion = [...assets.values()]
  .reduce((hash, { content }) => hash.update(content), createHash('sha256'))
  .digest('base64url')
  .slice(0, 12)

/** Public, because error pages need them too. */
export function assetRoutes() {
  router.get('admin/assets/:file', sendAsset).as('admin.assets')
}

function sendAsset({ params, response }: HttpContext) {
  const asset = assets.get(params.file)
  if (!asset) throw notFound('file')
  response.header('cache-control', 'public, max-age=31536000, immutable')
  return response.header('content-type', `${asset.type}; charset=utf-8`).send(asset.content)
}
