import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { HttpContext } from '@adonisjs/core/http'
import app from '@adonisjs/core/services/app'
import { publicUrl } from '#config/app'
import { notFound } from '#http/problem'

const require = createRequire(import.meta.url)
const { version } = require('swagger-ui-dist/package.json') as { version: string }

/** The files of the page, all from this server. */
const FILES: Record<string, { path: string; type: string }> = {
  'swagger-ui.css': { path: require.resolve('swagger-ui-dist/swagger-ui.css'), type: 'text/css' },
  'swagger-ui.js': {
    path: require.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
    type: 'text/javascript',
  },
  'docs.css': { path: app.makePath('app/operations/docs/docs.css'), type: 'text/css' },
  'docs.js': { path: app.makePath('app/operations/docs/docs.js'), type: 'text/javascript' },
}

/** Allows only our own scripts and requests to our own API. Swagger UI draws its icons as data URLs. */
const POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `img-src 'self' data:`,
  `connect-src 'self' ${new URL(publicUrl).origin}`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ')

/** The API documentation, drawn by Swagger UI. */
export default class DocsController {
  index({ response, view }: HttpContext) {
    response.header('content-security-policy', POLICY)
    return view.render('operations::docs', { version })
  }

  async file({ params, response }: HttpContext) {
    if (!Object.hasOwn(FILES, params.file)) throw notFound('file')
    const { path, type } = FILES[params.file]
    // Their URLs contain the version, so they can be cached.
    response.header('cache-control', 'public, max-age=86400')
    return response.header('content-type', `${type}; charset=utf-8`).send(await readFile(path))
  }
}
