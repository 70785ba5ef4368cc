/** A count in a list is exact to 10,000, then one more than that. */
export const MOST = 10_001

/** The orders of which a condition is true, as a column of a statement. */
export const counted = (name: string, condition: string) =>
  `(select count(*) from (select from orders where ${condition} limit ${MOST}) as counted)::int as "${name}"`
