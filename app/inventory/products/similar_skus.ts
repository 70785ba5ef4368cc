import type { QueryClientContract } from '@adonisjs/lucid/types/database'
import { run } from '#postgres/run'

const findNeighbours = {
  name: 'import_neighbours',
  text: /* sql */ `
    select meant.sku as meant, near.sku as near from unnest($1::text[]) as meant(sku), lateral (
      (select sku from stock_items where sku > meant.sku order by sku limit 1)
      union all (select sku from stock_items where sku < meant.sku order by sku desc limit 1)
    ) as near`,
}

/** Finds SKUs that differ from unknown ones only at the end. @returns unknown SKU → existing SKU */
export async function similarSkus(client: QueryClientContract, unknown: string[]) {
  if (unknown.length === 0) return new Map<string, string>()
  const found = await run<{ meant: string; near: string }>(client, findNeighbours, [unknown])
  return new Map(found.filter(isSimilar).map(({ meant, near }) => [meant, near]))
}

function isSimilar({ meant, near }: { meant: string; near: string }) {
  let same = 0
  while (same < meant.length && meant[same] === near[same]) same++
  return same >= 4 && Math.max(meant.length, near.length) - same <= 2
}
