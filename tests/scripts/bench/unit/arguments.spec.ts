import { test } from '@japa/runner'
import { readArguments } from '../../../../bench/arguments.ts'

const read = (line: string) => readArguments(line.split(' ').filter(Boolean))

test.group('npm run bench', () => {
  test('measures B1 to B9 when no scenario is named', ({ assert }) => {
    assert.containSubset(read(''), {
      scenarios: ['closed', 'open', 'relay', 'hot', 'spread', 'history', 'mail', 'soak'],
      blocks: { blocks: 5, compiled: true, transports: ['embedded', 'kafka'] },
    })
  })

  test('measures one scenario, or those of a goal', ({ assert }) => {
    assert.containSubset(read('closed --quick'), { scenarios: ['closed'], blocks: { blocks: 2 } })
    assert.containSubset(read('b3'), { scenarios: ['closed', 'open'] })
    assert.containSubset(read('b9'), { scenarios: ['soak'], once: { minutes: { soak: 10 } } })
    assert.containSubset(read('snapshot --minutes 60'), { once: { minutes: { snapshot: 60 } } })
  })

  test('compares a commit, by default in closed loops', ({ assert }) => {
    assert.containSubset(read('compare HEAD~1'), {
      kind: 'compare',
      compare: { commit: 'HEAD~1', scenario: 'closed', transports: ['embedded', 'kafka'] },
    })
    assert.containSubset(read('compare HEAD~1 open --quick --transport kafka'), {
      compare: { scenario: 'open', blocks: 2, seconds: 3, transports: ['kafka'] },
    })
  })

  test('sends a peer what it is told', ({ assert }) => {
    const args = [
      'peer',
      'http://127.0.0.1:8080/orders?dry=1',
      '--header',
      'Authorization: Bearer a:b',
    ]
    assert.containSubset(readArguments([...args, '--body', '{"n":{{n}}}']), {
      peer: {
        url: 'http://127.0.0.1:8080',
        path: '/orders?dry=1',
        headers: { Authorization: 'Bearer a:b' },
        body: '{"n":{{n}}}',
        rate: 100,
      },
    })
  })

  test('refuses {0}, and names it')
    .with([
      ['nonsense', 'nonsense'],
      ['confirm closed', 'confirm closed'],
      ['closed --blocks 0', '--blocks'],
      ['closed --seconds 1.5', '--seconds'],
      ['open --transport rabbit', '--transport'],
      ['compare', 'a commit'],
      ['compare HEAD lists', 'lists'],
      ['soak --minutes 0', '--minutes'],
      ['relay --rows 5', '--rows'],
      ['peer', 'URL'],
      ['peer localhost', 'localhost'],
      ['peer http://localhost --header token', 'token'],
      ['confirm --connections 0', '--connections'],
      ['confirm --json no/such/folder/file.json', 'no/such/folder'],
    ])
    .run(({ assert }, [line, named]) => {
      assert.throws(() => read(line), new RegExp(named))
    })
})
