/*
 * The stylesheet and the scripts: our own, and htmx (vendored, see assets/htmx.LICENSE).
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { HttpContext } from '@adonisjs/core/http'
import router from '@adonisjs/core/services/router'
import { notFound } from '#http/problem'

const FILES = {
  'admin.css': 'text/css',
  'admin.js': 'text/javascript',
  'scanner.js': 'text/javascript',
  'receive.js': 'text/javascript',
  'htmx.min.js': 'text/javascript',
  'live_order.js': 'text/javascript',
} as const

const folder = new URL('assets/', import.meta.url)

const assets = new Map(
  Object.entries(FILES).map(([name, type]) => [
    name,
    { type, content: readFileSync(new URL(name, folder)) },
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
