/*
 * Every problem that the API answers with. Each module declares its own in its problems.ts, and
 * start/problems.ts assembles them; the pages at /problems/<code> and the OpenAPI document show them.
 */

export interface ProblemKind {
  status: number
  /** What is wrong with the request, in a few words. */
  title: string
  /** Why it happens, in whole sentences. */
  cause: string
  /** What the caller does next, in whole sentences. */
  remedy: string
}

/** By code. Each problems.ts extends it, so that `Problem` takes its codes, each with its status. */
export interface DeclaredProblems {}

export type ProblemCode = keyof DeclaredProblems

/** The status that belongs to a code. */
export type StatusOf<Code extends ProblemCode> = DeclaredProblems[Code]['status']

/** The codes that belong to a status. */
export type CodeOf<Status extends number> = {
  [Code in ProblemCode]: StatusOf<Code> extends Status ? Code : never
}[ProblemCode]

const catalogue = new Map<string, ProblemKind>()

/** Called once, by start/problems.ts: the compiler refuses a list that lacks a declared code. */
export function assembleProblems(problems: Record<ProblemCode, ProblemKind>) {
  const byStatus = Object.entries(problems).sort(([, a], [, b]) => a.status - b.status)
  for (const [code, kind] of byStatus) catalogue.set(code, kind)
}

/** All problems, in the order of their status. */
export function allProblems(): ReadonlyMap<string, ProblemKind> {
  return catalogue
}

export function problemKind(code: ProblemCode): ProblemKind {
  return catalogue.get(code)!
}
