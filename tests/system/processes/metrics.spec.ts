/*
 * What Prometheus and a load balancer read of a process.
 */
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { test } from '@japa/runner'
import pg from 'pg'
import { eventually } from '#tests/support/eventually'
import { APP_ROOT, endApps } from '#tests/support/processes/app_process'
import { ShopProcess } from '#tests/support/processes/shop_process'

const operations = (name: string) => readFile(join(APP_ROOT, 'docs/operations', name), 'utf8')

test.group('The metrics', (group) => {
  let shop: ShopProcess

  group.setup(async () => {
    shop = await ShopProcess.open({ env: { HOST: '0.0.0.0' } })
    await shop.place(4)
    await shop.settled()
    return async () => {
      await shop.close()
      await endApps()
    }
  })

  test('follow the names, units and types that promtool checks', async ({ assert }) => {
    const { status, headers, text } = await shop.app.get('/metrics')
    assert.equal(status, 200)
    assert.match(headers.get('content-type')!, /^text\/plain; version=0\.0\.4/)
    const { types, helps, samples } = parsed(text)
    for (const [name, type] of types) {
      assert.match(name, /^[a-z][a-z0-9_]*$/, name)
      assert.isNotEmpty(helps.get(name), `${name} has a help`)
      assert.equal(type === 'counter', name.endsWith('_total'), `${name} is a ${type}`)
      assert.notMatch(name, MISNAMED)
    }
    for (const { name } of samples) {
      const isSeries = ['histogram', 'summary'].includes(types.get(family(name))!)
      assert.isTrue(types.has(name) || isSeries, name)
    }
    const ids = samples.map(({ id }) => id)
    assert.lengthOf(ids, new Set(ids).size, 'no sample comes twice')
  })

  test('cover requests, relays, consumers, mails and orders', async ({ assert }) => {
    const expected: [string, number][] = [
      ['quartermaster_orders{status="confirmed"}', 4],
      [
        'quartermaster_http_request_duration_seconds_count{route="orders.orders.store",method="POST",status="2xx"}',
        4,
      ],
      ['quartermaster_outbox_relay_leader{module="orders"}', 1],
      ['quartermaster_outbox_relay_leader{module="inventory"}', 1],
      ['quartermaster_outbox_pending{module="orders",kind="waiting"}', 0],
      [
        'quartermaster_consumer_messages_total{consumer="inventory",type="order_placed",outcome="handled"}',
        4,
      ],
      ['quartermaster_consumer_paused{consumer="orders"}', 0],
      ['quartermaster_consumer_dead_letters{module="orders"}', 0],
      ['quartermaster_mail_deliveries_total{module="orders",outcome="sent"}', 4],
      ['quartermaster_figures_up{source="messages of orders"}', 1],
    ]
    let values = new Map<string, number>()
    await eventually('the figures are refreshed', async () => {
      values = new Map(parsed(await metrics()).samples.map(({ id, value }) => [id, value]))
      return expected.every(([id, value]) => values.get(id) === value)
    }).catch(() => {
      for (const [id, value] of expected) assert.equal(values.get(id), value, id)
    })
    const placed = 'quartermaster_outbox_publish_latency_seconds_count{module="orders"}'
    assert.isAtLeast(values.get(placed)!, 8)
    const commit = 'quartermaster_consumer_last_commit_timestamp_seconds{consumer="orders"}'
    assert.closeTo(values.get(commit)!, Date.now() / 1_000, 120)
  })

  test('include every metric used by an alert, and the runbook has a section for each alert', async ({
    assert,
  }) => {
    const { types } = parsed(await metrics())
    const alerts = await operations('alerts.yml')
    const asked = alerts.match(/\b(quartermaster|nodejs|process)_[a-z0-9_]+/g)!
    for (const name of asked) {
      assert.isTrue(types.has(name) || types.get(family(name)) === 'histogram', name)
    }
    const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name)
    const runbook = await operations('runbook.md')
    const sections = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)
    assert.deepEqual(sections, names)
    const links = [...alerts.matchAll(/runbook\.md#(\w+)/g)].map(([, anchor]) => anchor)
    assert.deepEqual(
      links,
      names.map((name) => name.toLowerCase())
    )
  })

  test('keep reporting the process while the database is down', async ({ assert }) => {
    const stop = await withoutDatabase()
    try {
      const values = await eventually('the figures are gone', async () => {
        const { samples } = parsed(await metrics())
        const found = new Map(samples.map(({ id, value }) => [id, value]))
        return found.get('quartermaster_figures_up{source="orders"}') === 0 && found
      })
      assert.isAbove(values.get('process_cpu_seconds_total')!, 0)
      for (const figure of [
        'quartermaster_orders{status="confirmed"}',
        'quartermaster_orders_needing_attention',
        'quartermaster_consumer_lag{consumer="orders"}',
      ]) {
        assert.isFalse(values.has(figure), `nothing old is told: ${figure}`)
      }
      const ready = await eventually('it is not ready', async () => {
        const answer = await shop.app.readiness()
        return answer?.status === 503 && answer
      })
      assert.equal(ready.body.status, 'unavailable')
      assert.equal((await shop.app.get('/health/live')).status, 200)
    } finally {
      await stop()
    }
    await eventually('it is ready again', async () => (await shop.app.readiness())?.status === 200)
  })

  test('are separate from /health/ready, which stays 200 while a key is parked', async ({
    assert,
  }) => {
    await onDatabase(`insert into orders.parked_keys (key, outbox_id, error) values ('k', 0, 'no')`)
    const { status } = await eventually('it says so', async () => {
      const answer = await shop.app.readiness()
      return answer?.body.degraded.join().includes('outbox of orders: keys are parked (1)')
        ? answer
        : null
    })
    assert.equal(status, 200)
    await eventually('/metrics says so', async () =>
      (await metrics()).includes('quartermaster_outbox_parked_keys{module="orders"} 1')
    )
  })

  test('are for this machine only, for callers with the token if one is set, and for nobody in production without one', async ({
    assert,
  }) => {
    const passedOn = { headers: { 'x-forwarded-for': '192.0.2.7' } }
    assert.equal((await shop.app.request('GET', '/metrics', passedOn)).status, 404)
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
    const outside = own.find((one) => !one.internal && one.family === 'IPv4')
    if (outside) {
      const url = new URL('/metrics', shop.app.url)
      url.hostname = outside.address
      assert.equal((await fetch(url)).status, 404)
    }
    await shop.app.kill('SIGTERM')
    await shop.start({ env: { METRICS_TOKEN: 'a secret' } })
    assert.equal((await shop.app.get('/metrics')).status, 404)
    assert.equal((await shop.app.get('/metrics', 'another')).status, 404)
    assert.equal((await shop.app.get('/metrics', 'a secret')).status, 200)

    const stop = await withoutDatabase()
    try {
      const ready = (token?: string) => shop.app.get('/health/ready', token)
      const known = await eventually('it is not ready', async () => {
        const answer = await ready('a secret')
        return answer.status === 503 && answer
      })
      assert.match(known.body.degraded.join(), /^database: .+/)
      for (const token of [undefined, 'another']) {
        const { status, body } = await ready(token)
        assert.deepEqual([status, body.degraded], [503, ['database']])
      }
      await eventually('the log has the cause', () =>
        /database unreachable, process not ready/.test(shop.app.printed)
      )
    } finally {
      await stop()
    }
    await shop.app.kill('SIGTERM')

    await shop.start({ env: { NODE_ENV: 'production', APP_KEY: 'k'.repeat(32) } })
    const metricsOf = await shop.app.get('/metrics')
    assert.deepEqual([metricsOf.status, metricsOf.body.code], [404, 'no_such_address'])
  })

  async function metrics() {
    return (await shop.app.get('/metrics')).text
  }

  /** Ends all connections of the app, and lets it open none. */
  async function withoutDatabase() {
    const { pathname } = new URL(shop.options.databaseUrl!)
    const name = pathname.slice(1)
    await onDatabase(`alter database ${name} allow_connections false`, 'postgres')
    await onDatabase(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
      'postgres'
    )
    return () => onDatabase(`alter database ${name} allow_connections true`, 'postgres')
  }

  async function onDatabase(statement: string, database?: string) {
    const url = new URL(shop.options.databaseUrl!)
    if (database) url.pathname = database
    const client = new pg.Client(url.href)
    await client.connect()
    await client.query(statement).finally(() => client.end())
  }
})

/** Other units than seconds and bytes, and words that the type says already. */
const MISNAMED = /_(count|sum|bucket|milliseconds|minutes|hours|kilobytes)$|gauge|counter|histogram/

function family(name: string) {
  return name.replace(/_(bucket|sum|count)$/, '')
}

interface Sample {
  name: string
  /** With its labels. */
  id: string
  value: number
}

/**
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 *
 * @throws Error at the first line that is none of the format
 */
function parsed(text: string) {
  const types = new Map<string, string>()
  const helps = new Map<string, string>()
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line)
    const sample = /^([a-z_][a-z0-9_]*)(\{(?:[a-z_]+="[^"\\\n]*",?)+\})? (\S+)$/.exec(line)
    if (comment?.[1] === 'HELP') helps.set(comment[2], comment[3])
    else if (comment) types.set(comment[2], comment[3])
    else if (sample && sample[3] && (sample[3] === 'Nan' || !Number.isNaN(Number(sample[3])))) {
      const [, name, labels = '', value] = sample
      samples.push({ name, id: name + labels, value: Number(value) })
    } else if (line !== '') throw new Error(`not of the format: ${line}`)
  }
  return { types, helps, samples }
}
