/*
 * The catalogue of all problems of the API. Each module declares its own in its problems.ts, and start/problems.ts
 * assembles them; the pages at /problems/<code> and the OpenAPI document show them.
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

/** One problem in a problems.ts, with the fields of `ProblemKind`. */
export type ProblemEntry = readonly [status: number, title: string, cause: string, remedy: string]

/** By code. Each problems.ts extends it, so that `Problem` accepts its codes. */
export interface DeclaredProblems {}

export type ProblemCode = keyof DeclaredProblems

const catalogue = new Map<string, ProblemKind>()

/** Called once, by start/problems.ts. The compiler refuses a list that lacks a declared code. */
export function assembleProblems(problems: Record<ProblemCode, ProblemEntry>) {
  const byStatus = Object.entries(problems).sort(([, [a]], [, [b]]) => a - b)
  for (const [code, [status, title, cause, remedy]] of byStatus) {
    catalogue.set(code, { status, title, cause, remedy })
  }
}

/** All problems, in the order of their statuses. */
export function allProblems(): ReadonlyMap<string, ProblemKind> {
  return catalogue
}

export function problemKind(code: ProblemCode): ProblemKind {
  return catalogue.get(code)!
}
