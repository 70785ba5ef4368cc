/*
 * The kernel in an AdonisJS app that has nothing else of this one: tests/messaging/stand_alone with copies of
 * app/messaging and its three foundations.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, readdir, rename, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { test } from '@japa/runner'
import db from '@adonisjs/lucid/services/db'
import { KERNEL_STEPS } from '#messaging/schema'

const root = fileURLToPath(new URL('../../', import.meta.url))
const template = join(root, 'tests/messaging/stand_alone')
const run = promisify(execFile)

test.group('The kernel in an app of its own', () => {
  test('delivers a message from outbox to effect, and redrives another from the dead letters', async ({
    assert,
    cleanup,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), 'kernel-'))
    cleanup(async () => {
      await rm(folder, { recursive: true })
      await db.connection('orders_owner').rawQuery('drop schema if exists parcels cascade')
    })
    await cp(template, folder, { recursive: true })
    // Under its own name it would hide the aliases of this app from the tools.
    await rename(join(folder, 'app_package.json'), join(folder, 'package.json'))
    for (const copied of ['messaging', 'postgres', 'runtime', 'console']) {
      await cp(join(root, 'app', copied), join(folder, 'app', copied), { recursive: true })
    }
    await cp(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'))
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))

    const { PATH, HOME, DATABASE_URL } = process.env
    const main = ['--import=@poppinss/ts-exec', 'bin/main.ts']
    const { stdout } = await run(process.execPath, main, {
      cwd: folder,
      env: { PATH, HOME, DATABASE_URL, NODE_ENV: 'production', APP_KEY: 'k'.repeat(32) },
    })
    const report = JSON.parse(stdout.trim().split('\n').at(-1)!)
    assert.deepEqual(
      report.installed,
      KERNEL_STEPS.map(({ name }) => name)
    )
    assert.deepEqual(report.first, [['A', 250]])
    assert.include(report.printed.join('\n'), 'deliveries_grams_check')
    assert.deepEqual(report.exitCodes, [0, 0])
    assert.deepEqual(report.after, [
      ['A', 250],
      ['B', 2_500],
    ])
  })

  test('is documented: docs/kernel.md shows the code of the test’s app', async ({ assert }) => {
    const guide = await readFile(join(root, 'docs/kernel.md'), 'utf8')
    const blocks = [...guide.matchAll(/^```(?:ts|json)\n(.*?)^```$/gms)].map(([, code]) =>
      code.trim()
    )
    assert.isAbove(blocks.length, 5)
    const paths = await readdir(template, { recursive: true })
    const files = paths.filter((path) => /\.(ts|json)$/.test(path))
    const sources = await Promise.all(files.map((path) => readFile(join(template, path), 'utf8')))
    for (const block of blocks) {
      assert.isTrue(
        sources.some((source) => source.includes(block)),
        `not in the test's app: ${block}`
      )
    }
  })
})
