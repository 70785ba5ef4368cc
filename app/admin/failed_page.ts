/*
 * Error pages of the admin pages. A form that fails is shown again with its input.
 */
import type { HttpContext } from '@adonisjs/core/http'
import router from '@adonisjs/core/services/router'
import type { NextFn } from '@adonisjs/core/types/http'
import type { Problem } from '#http/problem'
import { ANY_PATH, noRoute } from '#http/server/no_route'
import { cameFrom, goTo, isSecret, sentFields, type Refused } from './notices.ts'
import { hasSessionCookie } from './same_origin_forms_middleware.ts'

/** Whether a person at the admin pages sent the request. */
export function isPage({ request }: HttpContext) {
  return /^\/admin(\/|$)/.test(request.url()) && !request.header('accept')?.includes('json')
}

/** For a form older than the session that cannot be kept, because it has a file or a password. */
const OUTDATED = {
  code: 'form_outdated',
  file: 'You opened this page before you signed in. Choose the file again.',
  secret: 'This page was open for too long. Nothing was saved. Enter your input again.',
}

/** @param problem - `error` as a problem */
export async function showFailure(ctx: HttpContext, error: unknown, problem: Problem) {
  const { request, response, session, view } = ctx
  const sent = request.method() !== 'GET' && request.method() !== 'HEAD'
  const { code } = error as { code?: string }
  for (const [name, value] of Object.entries(problem.headers)) response.header(name, value)

  const outdated = code === 'E_BAD_CSRF_TOKEN' ? notKept(ctx) : null
  if (code === 'E_BAD_CSRF_TOKEN' && !outdated) {
    // The form is older than the session: the person has signed in again since.
    return response
      .status(403)
      .send(await view.render('admin::form_not_submitted', { form: formOf(ctx), problem }))
  }
  const back = cameFrom(ctx) ?? (outdated && request.url())
  // A rejection under load says what to do; an error does not.
  const isRejected = problem.status < 500 || error === problem
  if ((isRejected || outdated) && sent && session && back) {
    session.flash('refused', { ...refusal(ctx, problem), ...outdated })
    return goTo(ctx, back)
  }
  const page = isRejected ? 'admin::refused' : 'admin::unavailable'
  return response.status(problem.status === 403 ? 404 : problem.status).send(
    await view.render(page, {
      problem,
      words: inWords(problem),
      requestId: request.id(),
      form: sent && !isUpload(ctx) ? formOf(ctx) : null,
      address: request.url(true),
      // The page middleware has run, which shares the navigation.
      framed: ctx.account !== undefined && ctx.zone !== undefined,
      // Without an account nothing was started.
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

/** Shows a form again after the sign-in that interrupted it. Its file must be chosen again. */
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

/** The message for a form that cannot be submitted again as it is; null for one that can. */
function notKept(ctx: HttpContext) {
  const { code, file, secret } = OUTDATED
  if (isUpload(ctx)) return { code, message: file }
  return Object.keys(ctx.request.body() ?? {}).some(isSecret) ? { code, message: secret } : null
}

/** Whether the form has a file, which must be chosen again. */
function isUpload({ request }: HttpContext) {
  return request.header('content-type')?.startsWith('multipart/form-data') ?? false
}

/** Replaces the JSON pointer by the name of the field: "/trackingUrl must …" → "Tracking url must …". */
function inWords({ code, errors, message }: Problem): string {
  if (code !== 'invalid_fields' || !message.startsWith('/')) return message
  const [{ pointer, detail }] = errors
  const field = pointer.split('/').findLast((part) => !/^\d*$/.test(part)) ?? 'it'
  const words = field.replace(/([A-Z])/g, ' $1').toLowerCase()
  return `${words[0].toUpperCase()}${words.slice(1)} ${detail}.`
}

/** The form as it was submitted, for a page that submits it again. */
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

/** Below `/admin`, after all other routes: signed-in people see an unknown path as a page with the navigation. */
export function missingPage() {
  router.get('*', ({ request }) => refuse(request)).as(ANY_PATH)
}

/** Opens no session for visitors without one, such as bots that try paths. */
export function unlessVisitor({ request }: HttpContext, next: NextFn) {
  return hasSessionCookie(request) ? next() : refuse(request)
}

function refuse(request: HttpContext['request']): never {
  throw noRoute(request)
}
