import { randomUUID } from 'node:crypto'
import type { Edge } from 'edge.js'
import { actAt } from './acts.ts'
import { assetVersion } from './assets.ts'
import { count, duration, money, number, plural, signed, since } from './format.ts'
import { icon } from './icons.ts'
import { addressWith } from './slices.ts'
import { spark } from './spark.ts'

/** What all pages are made of, whoever looks at them. */
export function addPageParts(edge: Edge) {
  // A key of its own for each form that is shown: sent twice, it has one effect.
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
    actAt,
  })) {
    edge.global(name, part)
  }
}
