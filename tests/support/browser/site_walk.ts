/*
 * Follows every link of every page of an app as a signed-in user.
 */
import router from '@adonisjs/core/services/router'
import type { PlainDesk } from '#tests/support/desk'

export interface Visit {
  /** With its query. */
  path: string
  status: number
  contentType: string
}

/** Pages that need a query and are visited without it: codes, dead letters, invitation. */
export const INCOMPLETE = [
  '422 /admin/stock/receive/codes',
  '422 /admin/operations/letters/discard',
  '410 /admin/invitation',
]

/** Every address that a browser can open without knowing an id; live streams do not end. */
export function plainPaths(): string[] {
  return router
    .toJSON()
    .root.filter(({ methods }) => methods.includes('GET'))
    .map(({ pattern }) => pattern)
    .filter((path) => !/[:*]/.test(path))
    .filter((path) => !/^\/(api|dev)\//.test(path) && !path.endsWith('/events'))
}

/** Visits that failed, as `404 /path`. */
export function refused(visits: Visit[]): string[] {
  return visits.filter(({ status }) => status >= 400).map(({ status, path }) => `${status} ${path}`)
}

const LINKS = /\b(?:href|src|hx-get|action)="([^"]*)"/g

/** Forms are sent by POST unless they say otherwise, and a link to a file's new address is no page. */
const METHOD_POST = /<form\b[^>]*method="post"[^>]*>/gi

/**
 * Pages that differ only in the values of their query are visited once: a list has thousands of filters.
 *
 * @param from - paths to begin with
 * @returns every response, redirects included; their targets are visited too
 */
export async function walkSite(desk: PlainDesk, from: string[]): Promise<Visit[]> {
  const waiting = [...from]
  const seen = new Set<string>()
  const visits: Visit[] = []
  const next = (): URL | null => {
    for (;;) {
      const path = waiting.pop()
      if (path === undefined) return null
      const url = new URL(path, desk.base)
      const alike = [url.pathname, ...new Set(url.searchParams.keys())].join(' ')
      if (url.origin !== desk.base || seen.has(alike)) continue
      seen.add(alike)
      return url
    }
  }
  for (let url = next(); url; url = next()) {
    const path = url.pathname + url.search
    const { status, contentType, location, text } = await desk.open(path)
    visits.push({ path, status, contentType })
    if (location) waiting.push(new URL(location, url).href)
    if (contentType.startsWith('text/html')) {
      const links = text.replace(METHOD_POST, '').matchAll(LINKS)
      for (const [, link] of links) waiting.push(new URL(unescaped(link), url).href)
    }
  }
  return visits
}

function unescaped(link: string) {
  return link.replaceAll('&amp;', '&').replaceAll('&#39;', `'`).replaceAll('&quot;', '"')
}
