import router from '@adonisjs/core/services/router'
import type { AuditLabel, AuditLabels } from '#contracts/ports/audit_labels'

const acts = new Map<string, AuditLabel>()

/** Called by start/ for each module. */
export function addAuditLabels(named: AuditLabels) {
  for (const [route, act] of Object.entries(named)) acts.set(route, act)
}

/** The label of a route. A route without one, such as a removed one, is labelled by its name. */
export function auditLabelOf(route: string): AuditLabel {
  return acts.get(route) ?? { words: route.replaceAll(/[._]/g, ' ') }
}

/** The label and the object of a form submitted to this path; null when the route is not audited. */
export function auditLabelAt(address: string) {
  const found = router.match(address.split('?')[0], 'POST', false)
  const act = acts.get(found?.route.name ?? '')
  if (!found || !act) return null
  const [thing] = Object.values(found.params)
  return { words: act.words, thing, page: thing && act.page?.(thing) }
}

/** The labels, in alphabetical order, each with its routes. */
export function labelledRoutes(): { words: string; routes: string[] }[] {
  const byWords = Map.groupBy(acts, ([, { words }]) => words)
  return [...byWords]
    .map(([words, entries]) => ({ words, routes: entries.map(([route]) => route) }))
    .sort((a, b) => a.words.localeCompare(b.words))
}
