/*
 * Icons, inlined: a page loads no picture.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const icons = new Map<string, string>()

/** The SVG of an icon of lucide.dev, by its name there. @throws when there is none of that name */
export function icon(name: string): string {
  let svg = icons.get(name)
  if (!svg) {
    const file = readFileSync(require.resolve(`lucide-static/icons/${name}.svg`), 'utf8')
    const drawing = /<svg[^>]*>(.*)<\/svg>/s.exec(file)![1].replace(/\s*\n\s*/g, '')
    svg = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${drawing}</svg>`
    icons.set(name, svg)
  }
  return svg
}
