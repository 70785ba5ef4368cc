import { glob, readFile } from 'node:fs/promises'
import { test } from '@japa/runner'
import { Problem } from '#http/problem'
import { allProblems, assembleProblems } from '#http/problem_catalogue'
import { httpProblems } from '#http/problems'

/** The code, or a choice of several, of each problem that `unprocessable` creates. */
const UNPROCESSABLE = /\bunprocessable\(\s*([^,]*),/g

interface Source {
  file: string
  text: string
}

async function sources(): Promise<Source[]> {
  const found: Source[] = []
  for await (const file of glob('app/**/*.ts')) {
    if (!file.endsWith('/problems.ts')) found.push({ file, text: await readFile(file, 'utf8') })
  }
  return found
}

function unprocessableIn({ file, text }: Source) {
  return [...text.matchAll(UNPROCESSABLE)].flatMap(([, code]) =>
    [...code.matchAll(/'(\w+)'/g)].map(([, name]) => ({ file, name }))
  )
}

test.group('The catalogue of problems', () => {
  test('gives status 422 to each code of `unprocessable`', async ({ assert }) => {
    const created = (await sources()).flatMap(unprocessableIn)
    assert.isAbove(created.length, 10)
    for (const { file, name } of created) {
      assert.equal(allProblems().get(name)?.status, 422, `${name} in ${file}`)
    }
  })

  test('gives a problem the status of its code', ({ assert }) => {
    assert.equal(new Problem('not_found', '').status, 404)
  })

  test('does not compile with an undeclared code or a missing module', () => {
    // The type check is the assertion: tsc fails if one of these lines compiles.
    const refused = () => {
      // @ts-expect-error No module declares this code.
      new Problem('planted', '')
      // @ts-expect-error The problems of the modules are missing.
      assembleProblems(httpProblems)
    }
    void refused
  })

  test('has no unused code', async ({ assert }) => {
    const all = await sources()
    const thrown = all.filter(({ text }) => /\bProblem\(|\bunprocessable\(/.test(text))
    for (const code of allProblems().keys()) {
      // Where the code is chosen, it is a literal elsewhere in the file, or the name of a member.
      const literal = new RegExp(`'${code}'|\\b${code}:`)
      assert.isTrue(
        thrown.some(({ text }) => literal.test(text)),
        code
      )
    }
  })

  test('is ordered by status and written in complete sentences', ({ assert }) => {
    const problems = [...allProblems().values()]
    const statuses = problems.map(({ status }) => status)
    assert.deepEqual(
      statuses,
      [...statuses].sort((a, b) => a - b)
    )
    for (const { title, cause, remedy } of problems) {
      assert.match(title, /^[A-Z].{4,59}[^.]$/)
      for (const text of [cause, remedy]) assert.match(text, /^[A-Z].{15,}\.$/)
    }
    const titles = new Set(problems.map(({ title }) => title))
    assert.equal(titles.size, problems.length)
  })
})
