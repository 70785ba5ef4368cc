/*
 * Names for the types of generated clients: an object with a `title` becomes the component of that name.
 */
import type { Schema } from './schema.ts'

/**
 * Moves named objects to `schemas`, and refers to them where they were.
 *
 * @throws Error when two different objects have one name
 */
export function nameObjects<Tree>(tree: Tree, schemas: Record<string, Schema>): Tree {
  if (Array.isArray(tree)) return tree.map((one) => nameObjects(one, schemas)) as Tree
  if (!(tree instanceof Object) || tree instanceof Date) return tree
  const node: Schema = Object.fromEntries(
    Object.entries(tree).map(([name, value]) => [name, nameObjects(value, schemas)])
  )
  return (isNamed(node) ? referenceTo(node, schemas) : node) as Tree
}

/** Other nodes with a title are examples, whose title is a text of the example. */
function isNamed({ title, properties }: Schema) {
  return typeof title === 'string' && typeof properties === 'object'
}

/** The description and the examples may differ between uses, so they stay with the reference. */
function referenceTo({ title, description, examples, ...schema }: Schema, schemas: Schema) {
  const reference = { $ref: `#/components/schemas/${title}` }
  const isNullable = [schema.type].flat().includes('null')
  add(title, { ...schema, type: 'object' }, schemas)
  return {
    ...(isNullable ? { anyOf: [reference, { type: 'null' }] } : reference),
    ...(description && { description }),
    ...(examples && { examples }),
  }
}

function add(name: string, schema: Schema, schemas: Schema) {
  const earlier = schemas[name]
  if (earlier && JSON.stringify(earlier) !== JSON.stringify(schema)) {
    throw new Error(`Two schemas of /openapi.json are named ${name}`)
  }
  schemas[name] = schema
}

/** `placeOrder` → `PlaceOrder`, `order_not_open` → `OrderNotOpen`. */
export function pascalCase(name: string) {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
