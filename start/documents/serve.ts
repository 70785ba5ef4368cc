/*
 * Serves a generated document at its own address, compressed and cacheable.
 */
import { gzipSync } from 'node:zlib'
import type { HttpContext } from '@adonisjs/core/http'
import router from '@adonisjs/core/services/router'
import { alreadyHas, contentTag } from '#http/headers/if_match'

/** Serves `document` as `/<name>.json`. Its ETag is a hash of its text. */
export function serveDocument(name: string, document: object) {
  const text = JSON.stringify(document)
  const tag = contentTag(text)
  let compressed: Buffer | undefined

  const send = (ctx: HttpContext) => {
    const { request, response } = ctx
    const gzip = request.encoding(['gzip']) === 'gzip'
    response.vary('Accept-Encoding')
    response.header('cache-control', 'public, max-age=300, no-transform')
    response.header('etag', gzip ? tag.replace(/"$/, '-gzip"') : tag)
    if (alreadyHas(ctx, tag)) return response.status(304).send(null)
    response.header('content-type', 'application/json')
    if (!gzip) return response.send(text)
    response.header('content-encoding', 'gzip')
    return response.send((compressed ??= gzipSync(text, { level: 9 })))
  }
  router.get(`${name}.json`, send).as(name)
}
