import { randomUUID } from 'node:crypto'
import type { Edge } from 'edge.js'
import { auditLabelAt } from './audit_labels.ts'
import { assetVersion } from './assets.ts'
import { count, duration, money, number, plural, signed, since } from './format.ts'
import { icon } from './icons.ts'
import { addressWith } from './slices.ts'
import { spark } from './spark.ts'

/** Adds the functions that all views can call. */
export function addPageParts(edge: Edge) {
  // A new key for each rendered form, so that submitting it twice has one effect.
  const newKey = () => randomUUID()
  for (const [name, part] of Object.entries({
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
    spark,
    addressWith,
    auditLabelAt,
  })) {
    edge.global(name, part)
  }
}
