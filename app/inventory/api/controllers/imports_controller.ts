import type { HttpContext } from '@adonisjs/core/http'
import { actorOf } from '#contracts/actor'
import { optionalScope, send } from '#http/idempotency'
import { pageBody, pageOf } from '#http/pages'
import { findImport, listImports } from '../../imports/find_imports.ts'
import { acceptUpload } from '../accept_upload.ts'
import { importBody } from '../transformers/import_body.ts'
import { uploadValidator } from '../validators/imports.ts'

export default class ImportsController {
  async index({ request }: HttpContext) {
    const page = await pageOf(request.qs())
    const { after: from, limit } = page
    return pageBody(await listImports({ from, limit }), page, ({ id }) => [id], importBody)
  }

  async show({ params }: HttpContext) {
    return importBody(await findImport(params.id))
  }

  async store(ctx: HttpContext) {
    const { account, request, upload } = ctx
    const scope = optionalScope(ctx)
    const { reference = null } = await uploadValidator.validate(request.body())
    const { name, bytes } = upload!
    const file = { name, bytes, reference, actor: actorOf(account), accountId: account.id }
    return send(ctx, await acceptUpload(file, (payloadHash) => scope && { ...scope, payloadHash }))
  }
}
