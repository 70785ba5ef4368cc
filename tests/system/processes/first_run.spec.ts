/*
 * `npm start` on an empty machine, and what may happen to it: Ctrl-C, a power cut, a second one on the
 * same data, settings that are wrong.
 */
import { execFile } from 'node:child_process'
import { access, chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Assert } from '@japa/assert'
import { test } from '@japa/runner'
import { eventually } from '#tests/support/eventually'
import {
  ace,
  AppProcess,
  dataDirectory,
  endApps,
  isRunning,
  postmasterOf,
} from '#tests/support/processes/app_process'

/** As the banner says it: where the data lies, with what a shell could trip over. */
const UNHANDY_NAME = `Ada's data`
const LABELS = ['address', 'database', 'transport', 'mails', 'sign in']

const ON_LINUX = process.platform === 'linux'

interface Home {
  path: string
  /** What lies below `path`, or where root's server has it instead. */
  cluster: () => Promise<string>
}

test.group('The first start', (group) => {
  let home: Home
  let app: AppProcess

  group.setup(async () => {
    const { path, remove } = await dataDirectory(UNHANDY_NAME)
    home = homeOf(path)
    app = await AppProcess.start({ dataDir: path, fromSource: true })
    return async () => {
      await endApps()
      await remove()
    }
  })

  /** The app on that data, whatever the test before has done to it. */
  async function running() {
    if (app.end) app = await AppProcess.start({ dataDir: home.path })
    return app
  }

  test('is ready without any setting', async ({ assert }) => {
    const answer = await app.readiness()
    assert.deepEqual(answer?.body, {
      status: 'ok',
      transport: 'embedded',
      degraded: [],
    })
  })

  test('prints the address, the services, how to sign in, and two commands', async ({ assert }) => {
    const lines = await lastLines(app)
    assert.deepEqual(
      lines.slice(0, LABELS.length).map((line) => line.slice(0, 13).trim()),
      LABELS
    )
    const [address, database, transport, mails, signIn] = lines
    assert.include(address, app.url)
    assert.match(database, /embedded PostgreSQL/)
    assert.include(database, home.path)
    assert.match(transport, /embedded/)
    assert.include(mails, join(home.path, 'mail'))
    assert.include(signIn, join(home.path, 'administrator.json'))
    const commands = lines.filter((line) => line.startsWith('curl '))
    assert.lengthOf(commands, 2)
    assert.equal(lines.at(-1), commands[1])
    assert.include(commands[1], '/api/v1/orders?limit=1')
    assert.equal(app.stderr, '')
  })

  test('creates one administrator, with the secrets only in a private file', async ({ assert }) => {
    const file = join(home.path, 'administrator.json')
    const { mode } = await stat(file)
    assert.equal(mode & 0o777, 0o600)
    const administrator = await administratorIn(home)
    assert.sameMembers(Object.keys(administrator), ['email', 'password', 'token'])
    for (const secret of [administrator.password, administrator.token]) {
      assert.isAbove(secret.length, 12)
      assert.notInclude(app.printed, secret)
    }
    const { body } = await app.post('/api/v1/tokens', '', {
      email: administrator.email,
      password: administrator.password,
    })
    assert.equal(body.account.role, 'admin')
  })

  test('prints two commands that place an order and show it confirmed', async ({ assert }) => {
    const [place, read] = await commandsOf(app)
    const placed = JSON.parse(await inBash(place))
    assert.equal(placed.status, 'pending')
    const shown = await eventually('the order is confirmed', async () => {
      const answer = await inBash(read)
      return answer.includes('"status":"confirmed"') && JSON.parse(answer)
    })
    assert.equal(shown.data[0].number, placed.number)
    // A fresh key each time: pasted again, it is another order.
    assert.notEqual(JSON.parse(await inBash(place)).number, placed.number)
  })

  test('lists twelve products, one low and one out of stock', async ({ assert }) => {
    const { body } = await app.get('/api/v1/products')
    assert.lengthOf(body.data, 12)
    const at = (level: string) =>
      body.data.filter((each: { availability: string }) => each.availability === level)
    assert.lengthOf(at('low'), 1)
    assert.lengthOf(at('out'), 1)
    assert.include(
      body.data.map((each: { sku: string }) => each.sku),
      'MUG-RED'
    )
  })

  test('shows the first steps at / and the mails at /dev/mail', async ({ assert }) => {
    const [place] = await commandsOf(app)
    const { number } = JSON.parse(await inBash(place))
    for (const [path, text] of [
      ['/', 'curl'],
      ['/dev/mail', number],
    ]) {
      const page = await eventually(`${path} shows ${text}`, async () => {
        const answer = await app.get(path)
        return (answer.status !== 200 || answer.text.includes(text)) && answer
      })
      assert.equal(page.status, 200)
      assert.match(page.headers.get('content-type')!, /^text\/html/)
    }
    const { token, password } = await administratorIn(home)
    const { text } = await app.get('/')
    assert.notInclude(text, token)
    assert.notInclude(text, password)
  })

  test('refuses a second app on its data, with an explanation', async ({ assert }) => {
    const second = await AppProcess.launch({ dataDir: home.path })
    const { code } = await second.exited
    assert.notEqual(code, 0)
    assert.include(second.stderr, `in use by process ${app.pid}`)
    assert.include(second.stderr, 'DATA_DIR=')
    assertWithoutStack(second, assert)
    assert.equal(await readinessOf(app), 200)
  })

  test('lets commands use its database and leave it running', async ({ assert }) => {
    const created = await ace(
      app.env,
      'accounts:create',
      '--role=clerk',
      '--email=clerk@example.com',
      '--token',
      '--json'
    )
    assert.equal(created.code, 0, created.stderr)
    const { token, password } = JSON.parse(created.stdout)
    assert.isString(password)
    const me = await app.get('/api/v1/accounts/me', token)
    assert.equal(me.body.role, 'clerk')
    assert.equal(await readinessOf(app), 200)
  })

  test('ends on Ctrl-C with nothing left running, and the next start has all data', async ({
    assert,
  }) => {
    const before = await everythingIn(await running(), home)
    const server = await postmasterOf(await home.cluster())
    assert.isNotNull(server)
    assert.deepEqual(await app.kill('SIGINT'), { code: 0, signal: null })
    assert.isFalse(await isRunning(server!))
    assert.isNull(await postmasterOf(await home.cluster()))

    app = await AppProcess.start({ dataDir: home.path })
    assert.deepEqual(await everythingIn(app, home), before)
    assert.lengthOf(await commandsOf(app), 2)
  })

  test('ends on Ctrl-C during its start too', async ({ assert }) => {
    if (!app.end) await app.kill('SIGTERM')
    app = await AppProcess.launch({ dataDir: home.path })
    await eventually('it owns the data', () =>
      access(join(home.path, 'postgres.owner')).then(
        () => true,
        () => false
      )
    )
    assert.deepEqual(await app.kill('SIGINT'), { code: 0, signal: null })
    assert.isNull(await postmasterOf(await home.cluster()))
  })

  test('survives kill -9: the next start takes over the database server', async ({ assert }) => {
    const before = await everythingIn(await running(), home)
    const server = await postmasterOf(await home.cluster())
    await app.kill('SIGKILL')
    assert.isTrue(await isRunning(server!))

    app = await AppProcess.start({ dataDir: home.path })
    assert.equal(await postmasterOf(await home.cluster()), server)
    assert.deepEqual(await everythingIn(app, home), before)
  })

  test('starts its database again when that is killed, and keeps all data', async ({ assert }) => {
    const before = await everythingIn(await running(), home)
    const server = (await postmasterOf(await home.cluster()))!
    process.kill(server, 'SIGKILL')
    await eventually('another server runs', async () => {
      const now = await postmasterOf(await home.cluster())
      return now !== null && now !== server
    })
    await eventually('the app is ready', async () => (await readinessOf(app)) === 200)
    assert.deepEqual(await everythingIn(app, home), before)
    await eventually('it says so', () =>
      app.printed.includes('embedded PostgreSQL ended unexpectedly, restarted')
    )
  })

  test('survives kill -9 of app and database', async ({ assert }) => {
    const before = await everythingIn(await running(), home)
    const server = (await postmasterOf(await home.cluster()))!
    process.kill(server, 'SIGKILL')
    await app.kill('SIGKILL')

    app = await AppProcess.start({ dataDir: home.path })
    assert.deepEqual(await everythingIn(app, home), before)
  })

  test('reports a taken port, suggests the next one, and leaves no database running', async ({
    assert,
  }) => {
    if (!app.end) await app.kill('SIGTERM')
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const refused = await AppProcess.launch({ dataDir: home.path, port })
    const { code } = await refused.exited
    taken.close()
    assert.notEqual(code, 0)
    assert.include(refused.stderr, `${port} is already in use`)
    assert.include(refused.stderr, `PORT=${port + 1} npm start`)
    assertWithoutStack(refused, assert)
    assert.isNull(await postmasterOf(await home.cluster()))
  })
})

test.group('An invalid start', (group) => {
  let place: Awaited<ReturnType<typeof dataDirectory>>

  group.setup(async () => {
    place = await dataDirectory()
    return async () => {
      await endApps()
      await place.remove()
    }
  })

  /** @returns what it printed on its way out */
  async function refusal(env: Record<string, string>, as?: 'ordinary user') {
    const dataDir = env.DATA_DIR ?? place.path
    const app = await AppProcess.launch({ dataDir, env, as })
    const { code } = await app.exited
    return { code, text: app.stderr, app }
  }

  const EXAMPLE = 'postgres://user:password@127.0.0.1:5432/quartermaster'
  for (const [name, value, wrong, example] of [
    ['PORT', 'abc', 'must be a whole number', 'such as 3333'],
    ['KAFKA_BROKERS', 'nonsense', '"nonsense"', 'kafka-1:9092'],
    ['KAFKA_SASL_MECHANISM', 'scram', '"scram"', 'plain, scram-sha-256, scram-sha-512'],
    ['KAFKA_TOPIC_PREFIX', 'shop one', '"shop one"', 'shop-1.'],
    ['KAFKA_SESSION_TIMEOUT', '10ms', 'must be at least 1s', 'such as 6s'],
    [
      'MAIL_FROM',
      'Quartermaster',
      'must contain an e-mail address',
      'orders@quartermaster.example',
    ],
    ['DATABASE_URL', 'mysql://x', 'must be a URL that begins with postgres://', EXAMPLE],
    ['SMTP_URL', 'foo', 'must be a URL that begins with', 'smtp://'],
    ['SMTP_TLS', 'yes', '"yes"', 'required, opportunistic, off'],
    ['SMTP_CONNECTIONS', '101', 'must be a whole number from 1 to 100', 'such as 20'],
    ['SMTP_MAILS_PER_CONNECTION', '0', 'must be a whole number from 1', 'such as 100'],
    ['SMTP_MAILS_PER_SECOND', 'many', 'must be a whole number from 1', 'such as 1'],
    ['TOKEN_DAYS', '0', 'must be a whole number from 1', 'such as 30'],
    ['ANSWER_TIMEOUT', '0s', 'must be at least 1s', 'such as 30s'],
    ['ANSWER_TIMEOUT', 'soon', 'must be a duration', 'such as 30s'],
    ['RATE_LIMIT', '0', 'must be a whole number of requests a minute', 'such as 600, or off'],
    ['CORS_ORIGINS', 'https://shop.example.com/', 'without a path', 'https://shop.example.com'],
    [
      'CORS_ORIGINS',
      'shop.example.com',
      'must be * or a list of origins',
      'https://shop.example.com',
    ],
    ['TRUSTED_PROXIES', '10.0.0.0/33', '"10.0.0.0/33"', '10.0.0.0/8,192.0.2.7'],
    ['TRUSTED_PROXIES', '10.0.0.1,proxy', '"proxy"', '10.0.0.0/8,192.0.2.7'],
  ]) {
    test(`with ${name}=${value} names the setting, the problem, and an example`, async ({
      assert,
    }) => {
      const { code, text, app } = await refusal({ [name]: value })
      assert.notEqual(code, 0)
      assert.include(text, name)
      assert.include(text, wrong)
      assert.include(text, example)
      assertWithoutStack(app, assert)
      assert.isNull(await postmasterOf(place.path))
    })
  }

  test('with a SASL mechanism and no password names the missing setting', async ({ assert }) => {
    const { code, text } = await refusal({
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'shop',
    })
    assert.notEqual(code, 0)
    assert.include(text, 'KAFKA_SASL_PASSWORD is missing')
  })

  test('with SMTP_TLS=off and an smtps:// address names both settings', async ({ assert }) => {
    const { code, text } = await refusal({ SMTP_TLS: 'off', SMTP_URL: 'smtps://mail.example.com' })
    assert.notEqual(code, 0)
    assert.match(text, /SMTP_TLS is "off", but SMTP_URL begins with smtps:\/\//)
  })

  test('in production without a database names the missing setting', async ({ assert }) => {
    const { code, text, app } = await refusal({ NODE_ENV: 'production', APP_KEY: 'x'.repeat(32) })
    assert.notEqual(code, 0)
    assert.include(text, 'DATABASE_URL is missing')
    assert.include(text, 'DATABASE_URL=postgres://')
    assertWithoutStack(app, assert)
  })

  test('in production without a key explains how to generate one', async ({ assert }) => {
    const { code, text, app } = await refusal({
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://127.0.0.1/x',
    })
    assert.notEqual(code, 0)
    assert.include(text, 'APP_KEY is missing')
    assert.include(text, 'openssl rand -hex 32')
    assertWithoutStack(app, assert)
  })

  test('without a reachable database reports it', async ({ assert }) => {
    const { code, text, app } = await refusal({
      DATABASE_URL: 'postgres://ada:a-secret@127.0.0.1:1/quartermaster',
    })
    assert.notEqual(code, 0)
    assert.include(text, 'Cannot connect to the database')
    assert.include(text, '127.0.0.1:1')
    assert.include(text, 'DATABASE_URL')
    assert.notInclude(app.printed, 'a-secret')
    assertWithoutStack(app, assert)
  })

  test('with a data directory below a file reports it', async ({ assert }) => {
    const file = join(place.parent, 'a-file')
    await writeFile(file, '')
    const { code, text, app } = await refusal({ DATA_DIR: join(file, 'data') })
    assert.notEqual(code, 0)
    assert.include(text, join(file, 'data'))
    assert.include(text, 'DATA_DIR')
    assertWithoutStack(app, assert)
  })

  test('with a read-only data directory reports it', async ({ assert }) => {
    const readOnly = join(place.parent, 'read-only')
    await mkdir(readOnly)
    await chmod(readOnly, 0o555)
    const { code, text, app } = await refusal({ DATA_DIR: readOnly }, 'ordinary user')
    assert.notEqual(code, 0)
    assert.include(text, readOnly)
    assert.include(text, 'permission denied')
    assert.include(text, 'DATA_DIR')
    assertWithoutStack(app, assert)
  }).skip(!ON_LINUX, 'modes mean something else there')
})

/** Root's server may have its cluster elsewhere: a file in the data directory says where. */
function homeOf(path: string): Home {
  const pointer = join(path, 'postgres.location')
  return { path, cluster: async () => readFile(pointer, 'utf8').catch(() => path) }
}

async function administratorIn(home: Home): Promise<{
  email: string
  password: string
  token: string
}> {
  return JSON.parse(await readFile(join(home.path, 'administrator.json'), 'utf8'))
}

/** What was there must be there again: orders, stock, and who may see them. */
async function everythingIn(app: AppProcess, home: Home) {
  const { token } = await administratorIn(home)
  await eventually('every order is settled', async () => {
    const { body } = await app.get('/api/v1/orders', token)
    return body.data.every((order: { status: string }) => order.status !== 'pending')
  })
  const [me, orders, stock] = await Promise.all(
    ['accounts/me', 'orders', 'stock'].map((path) => app.get(`/api/v1/${path}`, token))
  )
  return { me: me.body, orders: orders.body, stock: stock.body }
}

/** From the address on, without the empty lines. */
async function lastLines(app: AppProcess) {
  return eventually('the banner is printed', async () => {
    const lines = app.stdout.split('\n').filter((line) => line.trim() !== '')
    const from = lines.findIndex((line) => line.trimStart().startsWith('address '))
    return from >= 0 && lines.at(-1)!.includes('limit=1') && lines.slice(from)
  })
}

async function readinessOf(app: AppProcess) {
  const answer = await app.readiness()
  return answer?.status
}

async function commandsOf(app: AppProcess) {
  const lines = await lastLines(app)
  return lines.filter((line) => line.startsWith('curl '))
}

async function inBash(command: string) {
  const { stdout } = await promisify(execFile)('bash', ['-c', command])
  return stdout
}

function assertWithoutStack(app: AppProcess, assert: Assert) {
  assert.notMatch(app.printed, /^\s+at .*[:(]/m)
  assert.notMatch(app.printed, /node_modules|\.ts:\d/)
}
