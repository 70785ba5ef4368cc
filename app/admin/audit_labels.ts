import router from '@adonisjs/core/services/router'
import type { AuditLabel, AuditLabels, AuditNames } from '#contracts/ports/audit_labels'

const labels = new Map<string, AuditLabel>()

/** Called by start/ for each module. */
export function addAuditLabels(named: AuditLabels) {
  for (const [route, label] of Object.entries(named)) labels.set(route, label)
}

/** The label of a route. A route without one, such as a removed one, is labelled by its name. */
export function auditLabelOf(route: string): AuditLabel {
  return labels.get(route) ?? { words: route.replaceAll(/[._]/g, ' ') }
}

/** The label and the object of a form submitted to this path; null when the route is not audited. */
export function auditLabelAt(address: string) {
  const found = router.match(address.split('?')[0], 'POST', false)
  const label = labels.get(found?.route.name ?? '')
  if (!found || !label) return null
  const [thing] = Object.values(found.params)
  return { words: label.words, thing, page: thing && label.page?.(thing) }
}

const finders: AuditNames[] = []

/** Called by start/ for each module that names objects. */
export function addAuditNames(find: AuditNames) {
  finders.push(find)
}

/** Finds the names of objects. @returns id → name; ids without a name are missing */
export async function auditNamesOf(ids: string[]): Promise<Map<string, string>> {
  const found = await Promise.all(finders.map((find) => find(ids)))
  return new Map(found.flatMap((names) => [...names]))
}

/** The labels, in alphabetical order, each with its routes. */
export function labelledRoutes(): { words: string; routes: string[] }[] {
  const byWords = Map.groupBy(labels, ([, { words }]) => words)
  return [...byWords]
    .map(([words, entries]) => ({ words, routes: entries.map(([route]) => route) }))
    .sort((a, b) => a.words.localeCompare(b.words))
}
