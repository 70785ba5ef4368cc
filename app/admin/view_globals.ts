import { randomUUID } from 'node:crypto'
import type { Edge } from 'edge.js'
import { visibleText } from '#runtime/visible_text'
import { auditLabelAt } from './audit_labels.ts'
import { assetVersion } from './assets.ts'
import { count, duration, money, number, plural, signed, since } from './format.ts'
import { icon } from './icons.ts'
import { addressWith } from './pagination.ts'
import { sparkline } from './sparkline.ts'

/** Adds the functions and values that all views can use. */
export function addViewGlobals(edge: Edge) {
  // A new key for each rendered form, so that submitting it twice has one effect.
  const newKey = () => randomUUID()
  for (const [name, value] of Object.entries({
    assetVersion,
    icon,
    newKey,
    count,
    duration,
    money,
    number,
    plural,
    signed,
    since,
    sparkline,
    addressWith,
    auditLabelAt,
    visible: visibleText,
  })) {
    edge.global(name, value)
  }
}
