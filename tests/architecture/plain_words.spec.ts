/*
 * The lint rule of plain words is broken by planted words, and views and documents keep it too.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from '@japa/runner'
import { ESLint } from 'eslint'

const root = fileURLToPath(new URL('../../', import.meta.url))
const eslint = new ESLint({ cwd: root, ruleFilter: ({ ruleId }) => ruleId === 'words/plain' })

async function lint(source: string) {
  const [{ messages }] = await eslint.lintText(source, {
    filePath: join(root, 'app/orders/planted.ts'),
  })
  return messages
    .filter(({ ruleId, fatal }) => fatal || ruleId === 'words/plain')
    .map(({ message }) => message)
}

test.group('Plain words', () => {
  const word = ['who', 'ever'].join('')

  test('are required in {0}')
    .with([
      ['a comment', `/* For ${word} calls. */\nexport const one = 1\n`],
      ['a string', `export const one = 'for ${word} calls'\n`],
      ['a template', `export const one = (n: number) => \`\${n} for ${word} calls\`\n`],
    ])
    .run(async ({ assert }, [, source]) => {
      assert.deepEqual(await lint(source), [
        `Not "${word}": write the noun: "the caller", "the next owner", "anyone who".`,
      ])
    })

  test('are used in views and documents', async ({ assert }) => {
    const paths = globSync(['app/**/*.edge', 'docs/**/*.md', 'README.md', 'CONTRIBUTING.md'], {
      cwd: root,
    })
    assert.isAbove(paths.length, 80)
    const found = await Promise.all(
      paths.map(async (path) => {
        const text = readFileSync(join(root, path), 'utf8')
        const messages = await lint(`export const text = ${JSON.stringify(text)}\n`)
        return messages.map((message) => `${path}: ${message}`)
      })
    )
    assert.deepEqual(found.flat(), [])
  })
})
