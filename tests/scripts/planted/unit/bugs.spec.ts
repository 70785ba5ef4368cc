import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from '@japa/runner'
import { BUGS } from '../bugs.ts'
import { plant } from '../plant.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

test.group('Planted bugs', () => {
  test('have their place: {name}')
    .with(BUGS)
    .run(async ({ assert }, bug) => {
      await plant(root, bug)
      for (const { file } of bug.caughtBy) assert.isTrue(existsSync(join(root, file)), file)
    })

  test('are at least forty, each with a name of its own', ({ assert }) => {
    assert.isAtLeast(BUGS.length, 40)
    assert.lengthOf(new Set(BUGS.map(({ name }) => name)), BUGS.length)
  })
})
