/*
 * README, CONTRIBUTING and the pages under docs/ name files, commands and settings that exist.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from '@japa/runner'
import { getMetaData } from '#start/commands'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const pages = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })].map(
  (path) => ({ path, text: read(path) })
)

/** Each match of a pattern's first group, as `page: match`. */
function found(pattern: RegExp, among = pages) {
  return among.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map(([, match]) => ({ path, match }))
  )
}

const listed = (findings: { path: string; match: string }[]) =>
  findings.map(({ path, match }) => `${path}: ${match}`)

/** The anchor that GitHub gives a heading. */
function anchor(heading: string) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function anchors(text: string) {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading))
}

test.group('The documentation', () => {
  test('names only paths that exist', ({ assert }) => {
    const inBackticks =
      /`((?:app|start|config|database|tests|bench|bin|docs|\.ci|\.github)\/[\w./-]+)`/g
    const paths = found(inBackticks)
    assert.isAbove(paths.length, 20)
    assert.deepEqual(listed(paths.filter(({ match }) => !existsSync(join(root, match)))), [])
  })

  test('is found at the paths that the code names', ({ assert }) => {
    const code = globSync('{app,start,config,database,tests,bench,bin}/**/*.ts', { cwd: root })
    const sources = code.map((path) => ({ path, text: read(path) }))
    const named = found(/\b(docs\/[\w./-]+\.(?:md|yml|py|conf))\b/g, sources)
    assert.isAbove(named.length, 3)
    assert.deepEqual(listed(named.filter(({ match }) => !existsSync(join(root, match)))), [])
  })

  test('links to files and headings that exist', ({ assert }) => {
    const links = found(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)
    const broken = links.filter(({ path, match }) => {
      const [file, heading] = match.split('#')
      const target = file ? join(dirname(path), file) : path
      if (!existsSync(join(root, target))) return true
      return heading !== undefined && !anchors(read(target)).includes(heading)
    })
    assert.isAbove(links.length, 50)
    assert.deepEqual(listed(broken), [])
  })

  test('names only commands that exist', async ({ assert }) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const commands = new Set((await getMetaData()).map(({ commandName }) => commandName))
    const ace = found(/node ace ([a-z]+:[a-z]+)/g).filter(({ match }) => !commands.has(match))
    const npm = found(/npm run ([a-z:]+)/g).filter(({ match }) => !scripts[match])
    assert.deepEqual(listed([...ace, ...npm]), [])
  })

  test('quotes log events that the code writes', ({ assert }) => {
    const code = globSync('{app,start,database}/**/*.ts', { cwd: root }).map(read).join('\n')
    const operations = pages.filter(({ path }) => path.startsWith('docs/operations/'))
    // A quoted text of several words that is no command, such as `mail queue paused: circuit open`.
    const quoted = /`((?!node |npm |select |kafka-|Prefer: )[a-zA-Z][\w-]*(?: [a-z]+)+[^`=…]*)`/g
    const events = found(quoted, operations)
    assert.isAbove(events.length, 5)
    assert.deepEqual(listed(events.filter(({ match }) => !code.includes(match))), [])
  })

  test('has every setting', ({ assert }) => {
    const settings = [...read('start/env.ts').matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, n]) => n)
    const described = read('docs/settings.md')
    assert.isAbove(settings.length, 40)
    assert.deepEqual(
      settings.filter((name) => !described.includes(`\`${name}\``)),
      []
    )
  })
})
