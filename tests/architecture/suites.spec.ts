import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from '@japa/runner'
import { suitesThatRun } from '#tests/support/runner/side_by_side'
import adonisrc from '../../adonisrc.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const { suites } = adonisrc.tests!

test.group('npm test', () => {
  test('runs every suite once', ({ assert }) => {
    assert.sameMembers(
      suitesThatRun,
      suites.map(({ name }) => name)
    )
  })

  test('runs every file of tests once', ({ assert }) => {
    const run = suites.flatMap(({ files }) => globSync([files].flat(), { cwd: root }))
    assert.sameMembers(run, globSync('tests/**/*.spec.ts', { cwd: root }))
  })
})
