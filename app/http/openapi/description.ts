/*
 * The description of a module's operations, in `app/<module>/openapi.ts`, is plain data. document.ts adds what
 * follows from it, such as the problems of every body and the headers of every response.
 */
import type { Role } from '#contracts/actor'
import type { Schema } from '../json_schema.ts'
import type { ProblemCode } from '../problem_catalogue.ts'
import type { RequestHeader, ResponseHeader } from './headers.ts'

/** A part of the API, as one module describes it. */
export interface Section {
  tags: { name: string; description: string }[]
  /** Schemas of responses, by name: `ref('Order')` refers to one. */
  schemas: Record<string, Schema>
  /** Path parameters, such as `id` of `/orders/{id}`. */
  parameters: Record<string, PathParameter>
  /** Further members of problems, by code. Each schema has an example. */
  members?: Partial<Record<ProblemCode, Record<string, Schema>>>
  /** By method and path: `POST /api/v1/orders`. */
  operations: Record<string, Operation>
}

export interface PathParameter {
  description: string
  example: string
  schema: Schema
}

export interface Operation {
  /** The `operationId`: a function name, unique in all modules. */
  id: string
  tag: string
  summary: string
  description?: string
  access: Access
  /** The controller's validator of the query string. */
  query?: Validator
  /** Request headers besides Authorization. */
  headers?: RequestHeader[]
  body?: Body
  /** Media type, for an operation that accepts a file or a form with a file. */
  upload?: string
  /** Successful responses, by status. */
  responses: Record<number, Success>
  /** Codes of the problems that do not follow from the other fields. */
  problems?: readonly ProblemCode[]
}

/** The roles that may call the operation, or one of the cases that `ACCESS` in document.ts describes. */
export type Access = readonly Role[] | 'signed in' | 'ticket' | 'optional token' | 'open'

/** A compiled vine schema. */
interface Validator {
  toJSONSchema(): object
}

export interface Body {
  schema: Validator
  /** Whether the request may have no body. */
  optional?: boolean
  /** By summary. */
  examples: Record<string, object>
}

export interface Success {
  description: string
  /** Of the body; absent for a response without one. */
  schema?: Schema
  /** Media type; `application/json` by default. */
  type?: string
  headers?: ResponseHeader[]
  example?: unknown
}
