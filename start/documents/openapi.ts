/*
 * /openapi.json: the operations of all modules as one document.
 */
import { openapi as accounts } from '#accounts/api/openapi'
import { openApiDocument } from '#http/openapi/document'
import { openapi as inventory } from '#inventory/api/openapi/section'
import { openapi as operations } from '#operations/health/openapi'
import { openapi as orders } from '#orders/api/openapi'
import '#start/problems'

const description = `
Place, change, cancel and fulfil orders, and follow them live. Manage products and stock.

**Authentication.** \`POST /api/v1/tokens\` returns an access token; send it as \`Authorization: Bearer …\`. Each
operation lists the roles that may call it.

**Retries.** Where an operation takes an \`Idempotency-Key\`, send a new key for each new request and the same key when
you repeat it after a timeout: the request has one effect, and the repeated response carries
\`Idempotent-Replayed: true\`. A rejected request stores nothing: correct it and send it under the same key.

**Concurrent changes.** A resource with an \`ETag\` can be changed with \`If-Match\`: 412 means that someone else
changed it first.

**Problems** are \`application/problem+json\` (RFC 9457). Branch on \`code\`; \`type\` is a page with cause and remedy;
\`errors\` points to each invalid field. Every operation may also respond with 404 \`no_such_address\` and 405
\`method_not_allowed\` with \`Allow\`. HEAD responds like GET, without the body.

**Lists** are \`{ "data": […], "next": … }\`: pass \`next\` as \`cursor\` to get the next page, until it is null.

**Fields.** Times are RFC 3339 in UTC with milliseconds, money is in minor units, ids are UUIDs. Responses contain every
field, with null for no value. In requests, null in an optional field is the same as leaving it out, unless the field
says otherwise. Spaces around texts are removed, and unknown fields are refused.
`.trim()

/**
 * @param publicUrl - base URL of the API, without a slash at the end
 * @param served - whether this process serves a module's operations
 */
export function openApi(
  publicUrl: string,
  served: (module: 'orders' | 'inventory') => boolean = () => true
) {
  return openApiDocument({
    info: { title: 'Quartermaster', version: '1', description },
    publicUrl,
    sections: [
      ...(served('orders') ? [orders] : []),
      ...(served('inventory') ? [inventory] : []),
      accounts,
      operations,
    ],
  })
}
