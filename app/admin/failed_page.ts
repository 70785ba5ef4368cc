/*
 * A page that cannot be shown, or a form that cannot be taken: what people see, with what they typed kept.
 */
import type { HttpContext } from '@adonisjs/core/http'
import type { Problem } from '#http/problem'
import { cameFrom, goTo, isSecret, sentFields, type Refused } from './notices.ts'

/** Whether the request is a person's, at the admin pages. */
export function isPage({ request }: HttpContext) {
  return /^\/admin(\/|$)/.test(request.url()) && !request.header('accept')?.includes('json')
}

/** Of a form older than the session that holds what is not kept: a file, a password. */
const OUTDATED = {
  code: 'form_outdated',
  file: 'The page was opened before you signed in. Choose the file once more.',
  secret: 'This page had been open for too long. Nothing was done; please type it again.',
}

/** @param error - as it was thrown; `problem` - what it means */
export async function showFailure(ctx: HttpContext, error: unknown, problem: Problem) {
  const { request, response, session, view } = ctx
  const sent = request.method() !== 'GET' && request.method() !== 'HEAD'
  const { code } = error as { code?: string }
  for (const [name, value] of Object.entries(problem.headers)) response.header(name, value)

  const outdated = code === 'E_BAD_CSRF_TOKEN' ? notKept(ctx) : null
  if (code === 'E_BAD_CSRF_TOKEN' && !outdated) {
    // The form is older than the session: somebody who signed in again meanwhile.
    return response
      .status(403)
      .send(await view.render('admin::send_again', { form: formOf(ctx), problem }))
  }
  const back = cameFrom(ctx) ?? (outdated && request.url())
  if ((problem.status < 500 || outdated) && sent && session && back) {
    session.flash('refused', { ...refusal(ctx, problem), ...outdated })
    return goTo(ctx, back)
  }
  const page = problem.status >= 500 ? 'admin::unavailable' : 'admin::refused'
  return response.status(problem.status === 403 ? 404 : problem.status).send(
    await view.render(page, {
      problem,
      words: inWords(problem),
      requestId: request.id(),
      form: sent && !isUpload(ctx) ? formOf(ctx) : null,
      address: request.url(true),
      // Who cannot be said to sit at the desk has had nothing done.
      begun: ctx.account !== undefined,
    })
  )
}

function refusal({ request }: HttpContext, problem: Problem): Refused {
  const errors = problem.errors.map(({ pointer, detail }) => [pointer.slice(1), detail])
  return {
    form: request.url(),
    message: inWords(problem),
    code: problem.code!,
    errors: Object.fromEntries(errors),
    input: sentFields(request.body()),
    members: problem.members,
  }
}

/** A form that meets an ended session is there again after the sign-in, but for its file. */
export function chooseFileAgain(
  ctx: HttpContext,
  { action, fields }: Pick<ReturnType<typeof formOf>, 'action' | 'fields'>
) {
  const body = Object.fromEntries(fields.map(({ name, value }) => [name, value]))
  ctx.session.flash('refused', {
    ...{ form: action, message: OUTDATED.file, code: OUTDATED.code, errors: {}, members: {} },
    input: sentFields(body),
  } satisfies Refused)
  return goTo(ctx, action)
}

/** What is said where the form cannot be shown to be sent once more; null where it can. */
function notKept(ctx: HttpContext) {
  const { code, file, secret } = OUTDATED
  if (isUpload(ctx)) return { code, message: file }
  return Object.keys(ctx.request.body() ?? {}).some(isSecret) ? { code, message: secret } : null
}

/** A file cannot be shown, to be sent once more: it is chosen again. */
export function isUpload({ request }: HttpContext) {
  return request.header('content-type')?.startsWith('multipart/form-data') ?? false
}

/** Programs read pointers, people the name of the field: "/trackingUrl must …" → "Tracking url must …". */
function inWords({ code, errors, message }: Problem): string {
  if (code !== 'invalid_fields' || !message.startsWith('/')) return message
  const [{ pointer, detail }] = errors
  const field = pointer.split('/').findLast((part) => !/^\d*$/.test(part)) ?? 'it'
  const words = field.replace(/([A-Z])/g, ' $1').toLowerCase()
  return `${words[0].toUpperCase()}${words.slice(1)} ${detail}.`
}

/** The form as it was sent, for a page that sends it once more. */
export function formOf(ctx: HttpContext) {
  const { request } = ctx
  const { _csrf: csrf, ...sent } = request.body() ?? {}
  const fields = Object.entries({ ...sent, _from: cameFrom(ctx) ?? '' })
    .filter(([name]) => !isSecret(name))
    .flatMap(([name, value]) =>
      Array.isArray(value)
        ? value.map((one) => ({ name: `${name}[]`, value: String(one) }))
        : [{ name, value: String(value) }]
    )
  return { action: request.url(true), csrf, fields, upload: isUpload(ctx) }
}
