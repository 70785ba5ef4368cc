/*
 * How the audit describes the actions of staff. Each module labels its own routes; start/ collects them.
 */
export interface AuditLabel {
  /** In the past tense: "restocked". */
  words: string
  /** The page of the object of the action; absent where it has none. */
  page?(thing: string): string
}

/** By route name. */
export type AuditLabels = Record<string, AuditLabel>

/** Finds the names of objects that people know better than their ids: id → name. */
export type AuditNames = (ids: string[]) => Promise<Map<string, string>>
