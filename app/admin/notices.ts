/*
 * The result of a form, shown on the next page.
 */
import type { HttpContext } from '@adonisjs/core/http'

/** A change, and how to undo it. */
export interface Notice {
  /** What changed, for example an SKU. */
  about: string
  /** The change, with its numbers. */
  text: string
  /** The path of the form that undoes the change; null if it cannot be undone. */
  undo?: string | null
  /** The ids that the undo form sends if its path contains none. */
  undone?: string[]
  tone?: 'good' | 'warn'
  /** A page with details. */
  link?: { href: string; text: string }
}

/** A rejected form, with its input. */
export interface Refused {
  /** The path that the form was submitted to. */
  form: string
  message: string
  code: string
  /** Field name → what is wrong with it. */
  errors: Record<string, string>
  input: Record<string, unknown>
  /** Further members of the problem, for example the orders that hold an SKU. */
  members: Record<string, unknown>
}

/** Shows a notice on the next page. */
export function notice({ session }: HttpContext, shown: Notice) {
  session.flash('notice', shown)
}

/** Redirects after a form, so that a reload does not submit it again. */
export function goTo({ response }: HttpContext, path: string) {
  return response.redirect().status(303).toPath(path)
}

/** Redirects to the page of the form, with its filters. */
export function goBack(ctx: HttpContext, otherwise: string) {
  return goTo(ctx, cameFrom(ctx) ?? otherwise)
}

/** The admin page of the form, also when another page submitted it again; null when unknown. */
export function cameFrom({ request }: HttpContext): string | null {
  const { _from: named } = request.body() ?? {}
  if (isOwnPage(named)) return named
  const referrer = request.header('referer')
  if (!referrer || !URL.canParse(referrer)) return null
  const { host, pathname, search } = new URL(referrer)
  return host === request.host() && isOwnPage(pathname) ? pathname + search : null
}

/** Whether the path is an admin page, because a redirect to another site would help phishing. */
export function isOwnPage(path: unknown): path is string {
  return typeof path === 'string' && /^\/admin(?:[/?][^\\\p{Cc}]*)?$/u.test(path)
}

/** The input of a form, without internal fields and secrets. */
export function sentFields(body: Record<string, unknown>): Record<string, unknown> {
  const own = ['_csrf', '_key', '_from']
  return Object.fromEntries(
    Object.entries(body).filter(([name]) => !own.includes(name) && !isSecret(name))
  )
}

/** Never stored, and never sent to a page. */
export function isSecret(field: string) {
  return /password|token/i.test(field)
}
