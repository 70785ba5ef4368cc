import router from '@adonisjs/core/services/router'
import type { StaffAct, StaffActs } from '#contracts/staff_acts'

const acts = new Map<string, StaffAct>()

/** Called by start/ with what each module says of its acts. */
export function nameActs(named: StaffActs) {
  for (const [route, act] of Object.entries(named)) acts.set(route, act)
}

/** Also of an act whose route is gone since: then in the words of the route. */
export function actOf(route: string): StaffAct {
  return acts.get(route) ?? { words: route.replaceAll(/[._]/g, ' ') }
}

/** What a form does that is sent to this address, and to which thing; null when it is no act. */
export function actAt(address: string) {
  const found = router.match(address.split('?')[0], 'POST', false)
  const act = acts.get(found?.route.name ?? '')
  if (!found || !act) return null
  const [thing] = Object.values(found.params)
  return { words: act.words, thing, page: thing && act.page?.(thing) }
}

/** Those that have words, by their words. */
export function namedActs(): { words: string; routes: string[] }[] {
  const byWords = Map.groupBy(acts, ([, { words }]) => words)
  return [...byWords]
    .map(([words, entries]) => ({ words, routes: entries.map(([route]) => route) }))
    .sort((a, b) => a.words.localeCompare(b.words))
}
