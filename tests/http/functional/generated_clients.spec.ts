/*
 * The examples of docs/examples, run unchanged, with clients that are generated from /openapi.json.
 */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from '@japa/runner'
import { python } from '#tests/support/processes/python'
import { emptyShop, person, priced } from '#tests/support/shop'

const run = promisify(execFile)
const interpreter = await python({
  requirements: 'generated_client_requirements.txt',
  module: 'openapi_python_client',
})

const root = fileURLToPath(new URL('../../../', import.meta.url))
const server = `http://${process.env.HOST}:${process.env.PORT}`
const document = `${server}/openapi.json`

test.group('A generated client places, changes and cancels an order', (group) => {
  let folder: string
  let args: string[]

  group.tap((one) => one.timeout(300_000))
  group.setup(async () => {
    await emptyShop()
    await priced('MUG', 1_250)
    const { token } = await person('customer', 'Ada')
    args = [server, token, 'MUG']
  })
  group.each.setup(async () => {
    // Below the checkout, whose packages the TypeScript example imports.
    await mkdir(`${root}.data`, { recursive: true })
    folder = await mkdtemp(`${root}.data/generated-client-`)
    return () => rm(folder, { recursive: true })
  })

  test('in TypeScript, from openapi-typescript', async ({ assert }) => {
    const node = (program: string, ...more: string[]) =>
      run(process.execPath, [program, ...more], { cwd: folder })
    await copyFile(`${root}docs/examples/generated_client.mts`, `${folder}/generated_client.mts`)
    const bin = `${root}node_modules/.bin`
    await node(`${bin}/openapi-typescript`, document, '--output', 'quartermaster.d.ts')
    const compiler = ['--strict', '--target', 'es2023', '--module', 'nodenext', '--types', 'node']
    await node(
      `${bin}/tsc`,
      ...['--ignoreConfig', '--noEmit', '--allowImportingTsExtensions', ...compiler],
      'generated_client.mts'
    )
    const { stdout } = await node('generated_client.mts', ...args)
    assert.match(stdout, /^Q-\d+ cancelled Ordered twice\n$/)
  })

  if (interpreter) {
    test('in Python, from openapi-python-client', async ({ assert }) => {
      const env = { ...process.env, PATH: `${dirname(interpreter)}:${process.env.PATH}` }
      const options = { cwd: folder, env }
      await copyFile(`${root}docs/examples/generated_client.py`, `${folder}/generated_client.py`)
      const { stdout, stderr } = await run(
        interpreter,
        [
          ...['-m', 'openapi_python_client', 'generate', '--url', document],
          ...['--meta', 'none', '--output-path', 'quartermaster'],
        ],
        options
      )
      // The generator leaves out what it cannot read: only the upload as text/csv, next to the form.
      const warnings = `${stdout}${stderr}`.match(/WARNING parsing .*\w/g)
      assert.deepEqual(warnings, ['WARNING parsing POST /api/v1/stock/imports within imports'])
      const ran = await run(interpreter, ['generated_client.py', ...args], options)
      assert.match(ran.stdout, /^Q-\d+ cancelled Ordered twice\n$/)
    })
  }
})
