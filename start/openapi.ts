/*
 * /openapi.json: what the modules say of their operations, as one document.
 */
import { openapi as accounts } from '#accounts/openapi'
import { openApiDocument } from '#http/openapi/document'
import { openapi as inventory } from '#inventory/openapi'
import { openapi as operations } from '#operations/openapi'
import { openapi as orders } from '#orders/openapi'

const description = `
Place orders, change, cancel and fulfil them, and watch what becomes of them; keep products and stock.

**Sign in.** \`POST /api/v1/tokens\` gives an access token; send it as \`Authorization: Bearer …\`. Each
operation says which roles may call it.

**Repeat safely.** Where there is an \`Idempotency-Key\`, send a new one for each new request and the
same one when you repeat it after a time-out: it has one effect, and the same answer with
\`Idempotent-Replayed: true\`. A refused request keeps nothing: mend it and send it under the same key.

**Change what you have seen.** An answer with an \`ETag\` can be changed with \`If-Match\`: 412 says that
somebody was there before you.

**Problems** are \`application/problem+json\` (RFC 9457): switch on \`code\`; \`type\` is a page with cause and
remedy; \`errors\` points to each wrong field. Besides what each operation lists there are 404
\`no_such_address\` and 405 \`method_not_allowed\` with \`Allow\`. HEAD is answered as GET, without the body.

**Lists** are \`{ "data": […], "next": … }\`: pass \`next\` as \`cursor\` for what follows, until it is null.

**Fields.** Times are RFC 3339 in UTC with milliseconds, money is in minor units, ids are UUIDs. In
answers every field is there, null when there is none. In requests null in an optional field is the same
as leaving it out, unless it says otherwise; blanks around texts are removed, and unknown fields are
refused.
`.trim()

/**
 * @param publicUrl - where the API is reached; no slash at the end
 * @param served - whether a module's operations are served there
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
