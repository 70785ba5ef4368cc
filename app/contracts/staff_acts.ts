/*
 * What people of the staff do, as the audit tells it. Each module names its own acts; start/ hands them to
 * the module that writes the audit.
 */
export interface StaffAct {
  /** For people, in the past: "restocked". */
  words: string
  /** The page of the thing that it was done to; absent where it has none. */
  page?(thing: string): string
}

/** By the name of the route. */
export type StaffActs = Record<string, StaffAct>
