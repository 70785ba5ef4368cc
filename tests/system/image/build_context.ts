/*
 * What `docker build` is given: the working tree without what .dockerignore names.
 */
import { cp, readFile } from 'node:fs/promises'
import { join, matchesGlob, relative } from 'node:path'

/**
 * Copies the tree. The patterns mean what they mean to Docker: each is a path from the root, so `docs`
 * is not `app/operations/docs`, and what lies below a folder that is left out is left out too.
 *
 * @throws Error for a pattern that brings something back (`!`): the project has none
 */
export async function copyBuildContext(root: string, into: string) {
  const patterns = (await readFile(join(root, '.dockerignore'), 'utf8'))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const exception = patterns.find((pattern) => pattern.startsWith('!'))
  if (exception) throw new Error(`The tests cannot follow "${exception}" in .dockerignore.`)
  await cp(root, into, {
    recursive: true,
    filter: (source) => {
      const path = relative(root, source)
      return !patterns.some((pattern) => matchesGlob(path, pattern))
    },
  })
}
