/*
 * What a module says of its operations, in `app/<module>/openapi.ts`: data, no more. What follows from
 * it (the problems of every body, the headers of every answer) is added by document.ts.
 */
import type { Role } from '#contracts/actor'
import type { Schema } from '../json_schema.ts'
import type { ProblemCode } from '../problem_catalogue.ts'
import type { RequestHeader, ResponseHeader } from './headers.ts'

/** A part of the API, as one module describes it. */
export interface Section {
  tags: { name: string; description: string }[]
  /** What answers are made of, by name: `ref('Order')` points to it. */
  schemas: Record<string, Schema>
  /** The parts of the addresses, such as `id` of `/orders/{id}`. */
  parameters: Record<string, PathParameter>
  /** What a problem says here beside the members of all problems, by its code. */
  members?: Partial<Record<ProblemCode, Record<string, Schema>>>
  /** By method and address: `POST /api/v1/orders`. */
  operations: Record<string, Operation>
}

export interface PathParameter {
  description: string
  example: string
  schema: Schema
}

export interface Operation {
  /** The name of a function, unique over all modules. */
  id: string
  tag: string
  summary: string
  description?: string
  access: Access
  /** Of the query string, as the controller validates it. */
  query?: Validator
  /** Those that it reads beside Authorization. */
  headers?: RequestHeader[]
  body?: Body
  /** The body is a file of this type, or a form with such a file. */
  upload?: string
  /** By status: what it answers when all is well. */
  answers: Record<number, Answer>
  /** The codes of the problems that are its own. */
  problems?: readonly ProblemCode[]
}

/** The roles that may call it; or who else, as `WHO` in document.ts says it. */
export type Access = readonly Role[] | 'signed in' | 'ticket' | 'token welcome' | 'open'

/** A compiled vine schema. */
interface Validator {
  toJSONSchema(): object
}

export interface Body {
  schema: Validator
  /** The body may be missing altogether. */
  optional?: boolean
  /** By what they show. */
  examples: Record<string, object>
}

export interface Answer {
  description: string
  /** Nothing but the head when left out. */
  schema?: Schema
  /** `application/json` unless it says otherwise. */
  type?: string
  headers?: ResponseHeader[]
  example?: unknown
}
