import type { Schema } from '../json_schema.ts'
import type { Success } from './description.ts'
import { page, pageOf } from './schema.ts'

/**
 * The response with a page of a list.
 *
 * @param what - plural, for the description
 * @param item - an example
 * @param name - of an item, if `items` is no reference
 */
export function pageResponse(
  what: string,
  items: Schema,
  item: object,
  name?: string
): Record<200, Success> {
  const description = `A page of ${what}.`
  return { 200: { description, schema: page(items, name), example: pageOf(item) } }
}

/** The responses of a GET of one resource, with its ETag. */
export function resourceResponses(resource: Success): Record<200 | 304, Success> {
  return {
    200: { ...resource, headers: ['ETag'] },
    304: { description: 'You have the current version.', headers: ['ETag'] },
  }
}
