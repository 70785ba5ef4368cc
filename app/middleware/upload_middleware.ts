import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#http/problem'
import { unfinishedBodies } from '#http/server/unfinished_bodies'
import { fileOfForm, wholeBody } from '#http/upload'

/** How much larger than its file a form may be, in bytes. */
const FORM = 64 * 1024

/**
 * Takes a file, or a form with one: `ctx.upload` streams it, and `request.body()` has the form's fields. The
 * fields before the file have the same time limit as other bodies; the file itself has none.
 */
export default class UploadMiddleware {
  /** @param most - maximum size of the file in bytes; a larger request is not read */
  async handle(ctx: HttpContext, next: NextFn, { most }: { most: number }) {
    const { request } = ctx
    const incoming = request.request
    try {
      if (Number(request.header('content-length')) > most + FORM) throw tooLarge(most)
      const type = request.header('content-type') ?? ''
      const encoding = request.header('content-encoding')
      if (encoding !== undefined && encoding !== 'identity') {
        throw new Problem(
          'unsupported_encoding',
          'Compressed files are not supported. Send the file without Content-Encoding.'
        )
      }
      if (/^text\/csv\s*(;|$)/i.test(type)) ctx.upload = wholeBody(incoming)
      else if (/^multipart\/form-data\s*;.*boundary=/i.test(type)) {
        const { fields, upload } = await unfinishedBodies.read(request.ip(), incoming, () =>
          fileOfForm(incoming)
        )
        if (!upload) throw noFile()
        request.setInitialBody({ ...fields, file: upload.name })
        ctx.upload = upload
      } else throw noFile()
      return await next()
    } finally {
      // Discard the rest, so that the response arrives and the connection can be reused.
      incoming.unpipe()
      incoming.resume()
    }
  }
}

function tooLarge(most: number) {
  const detail = `The file is larger than ${Math.floor(most / 1024 / 1024)} MB. Split it and send the parts.`
  return new Problem('body_too_large', detail)
}

function noFile() {
  return new Problem(
    'unsupported_media_type',
    'The request has no file. Choose one, or send it as text/csv or as the part "file" of multipart/form-data.'
  )
}
