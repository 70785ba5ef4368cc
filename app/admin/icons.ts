/*
 * Icons as inline SVG, so that a page loads no images.
 */
import { createRequire } from 'node:module'

interface Drawings {
  icons: Record<string, { body: string }>
  /** Earlier names of icons. */
  aliases: Record<string, { parent: string }>
}

const require = createRequire(import.meta.url)
const { icons, aliases }: Drawings = require('@iconify-json/lucide/icons.json')

/** The SVG of an icon of lucide.dev, by its name there. @throws Error for an unknown name */
export function icon(name: string): string {
  const drawing = icons[name] ?? icons[aliases[name]?.parent]
  if (!drawing) throw new Error(`No icon "${name}" at lucide.dev.`)
  return `<svg viewBox="0 0 24 24" aria-hidden="true">${drawing.body}</svg>`
}
