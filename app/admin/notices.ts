/*
 * What a form has done, or why not, said on the page that comes next.
 */
import type { HttpContext } from '@adonisjs/core/http'

/** What has changed, and how to undo it. */
export interface Notice {
  /** What it is about, for example an SKU. */
  about: string
  /** What happened, with its numbers. */
  text: string
  /** The address of the form that undoes it; null where nothing does. */
  undo?: string | null
  /** What that form names, where its address does not. */
  undone?: string[]
  tone?: 'good' | 'warn'
  /** Where to see more. */
  link?: { href: string; text: string }
}

/** A form that was refused: nothing of it is lost. */
export interface Refused {
  /** The address that the form was sent to. */
  form: string
  message: string
  code: string
  /** Field name → what is wrong with it. */
  errors: Record<string, string>
  input: Record<string, unknown>
  /** What else the problem says, for example the orders that hold a SKU. */
  members: Record<string, unknown>
}

/** Says on the next page what has changed. */
export function notice({ session }: HttpContext, said: Notice) {
  session.flash('notice', said)
}

/** Goes to a page after a form, so that a reload sends nothing again. */
export function goTo({ response }: HttpContext, path: string) {
  return response.redirect().status(303).toPath(path)
}

/** Back to the page that the form was on, with its filters. */
export function goBack(ctx: HttpContext, otherwise: string) {
  return goTo(ctx, cameFrom(ctx) ?? otherwise)
}

/** The admin page that the form was on, also when it was sent once more by another; null when nobody says. */
export function cameFrom({ request }: HttpContext): string | null {
  const { _from: named } = request.body() ?? {}
  if (typeof named === 'string' && isOwnPage(named)) return named
  const referrer = request.header('referer')
  if (!referrer || !URL.canParse(referrer)) return null
  const { host, pathname, search } = new URL(referrer)
  return host === request.host() && isOwnPage(pathname) ? pathname + search : null
}

/** Whoever is sent on to it stays here. */
function isOwnPage(path: string) {
  return /^\/admin(?:[/?][^\\\p{Cc}]*)?$/u.test(path)
}

/** What the form's fields held, without our own and without secrets. */
export function sentFields(body: Record<string, unknown>): Record<string, unknown> {
  const own = ['_csrf', '_key', '_from']
  return Object.fromEntries(
    Object.entries(body).filter(([name]) => !own.includes(name) && !isSecret(name))
  )
}

/** Nothing of it is written down, or sent to a page again. */
export function isSecret(field: string) {
  return /password|token/i.test(field)
}
