/*
 * Serves a generated document at its own address, compressed and cacheable.
 */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { HttpContext } from '@adonisjs/core/http'
import router from '@adonisjs/core/services/router'

/** Serves `document` as `/<name>.json`. Its ETag is a hash of its text. */
export function serveDocument(name: string, document: object) {
  const text = JSON.stringify(document)
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 16)
  let compressed: Buffer | undefined

  const send = ({ request, response }: HttpContext) => {
    const gzip = request.encoding(['gzip']) === 'gzip'
    response.vary('Accept-Encoding')
    response.header('cache-control', 'public, max-age=300, no-transform')
    response.header('etag', gzip ? `"${hash}-gzip"` : `"${hash}"`)
    if (request.header('if-none-match')?.includes(hash)) return response.status(304).send(null)
    response.header('content-type', 'application/json')
    if (!gzip) return response.send(text)
    response.header('content-encoding', 'gzip')
    return response.send((compressed ??= gzipSync(text, { level: 9 })))
  }
  router.get(`${name}.json`, send).as(name)
}
