import type { HttpContext } from '@adonisjs/core/http'
import type { NextFn } from '@adonisjs/core/types/http'
import { Problem } from '#http/problem'
import { fileOfForm, wholeBody } from '#http/upload'

/** A form is a little larger than its file. */
const FORM = 64 * 1024

/** The body is a file, or a form with one: `ctx.upload` streams it, `request.body()` has the form's fields. */
export default class UploadMiddleware {
  /** @param most - bytes of the file; a request that says that it has more is not read */
  async handle(ctx: HttpContext, next: NextFn, { most }: { most: number }) {
    const { request } = ctx
    const incoming = request.request
    try {
      if (Number(request.header('content-length')) > most + FORM) throw tooLarge(most)
      const type = request.header('content-type') ?? ''
      const encoding = request.header('content-encoding')
      if (encoding !== undefined && encoding !== 'identity') {
        throw new Problem(415, 'unsupported_encoding', 'Send the file without Content-Encoding.')
      }
      if (/^text\/csv\s*(;|$)/i.test(type)) ctx.upload = wholeBody(incoming)
      else if (/^multipart\/form-data\s*;.*boundary=/i.test(type)) {
        const { fields, upload } = await fileOfForm(incoming)
        if (!upload) throw noFile()
        request.setInitialBody({ ...fields, file: upload.name })
        ctx.upload = upload
      } else throw noFile()
      return await next()
    } finally {
      // What is left of it goes nowhere, so that the answer arrives and the connection can be used again.
      incoming.unpipe()
      incoming.resume()
    }
  }
}

function tooLarge(most: number) {
  const detail = `The file is larger than ${Math.floor(most / 1024 / 1024)} MB. Split it.`
  return new Problem(413, 'body_too_large', detail)
}

function noFile() {
  return new Problem(
    415,
    'unsupported_media_type',
    'Choose a file. A program sends it as text/csv, or as multipart/form-data with a part "file".'
  )
}
