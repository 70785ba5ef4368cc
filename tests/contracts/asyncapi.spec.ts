import { Parser } from '@asyncapi/parser'
import { test } from '@japa/runner'
import { messages } from '#start/documents/asyncapi'
import { document, faultsOf } from '#tests/support/documents/asyncapi'

const parser = new Parser()

/** Errors and warnings; what is merely recommended is not among them. */
async function faults(text: string) {
  const diagnostics = await parser.validate(text)
  return diagnostics
    .filter(({ severity }) => severity <= 1)
    .map(({ message, path }) => `${path.join('.')}: ${message}`)
}

test.group('/asyncapi.json', () => {
  test('is a valid AsyncAPI document', async ({ assert }) => {
    assert.deepEqual(await faults(JSON.stringify(document)), [])
    const broken = { ...document, operations: { send_orders: { action: 'shout' } } }
    assert.isNotEmpty(await faults(JSON.stringify(broken)))
  })

  test('has every message on its topic', ({ assert }) => {
    const { channels, operations } = document
    assert.sameMembers(Object.keys(channels), ['orders', 'inventory'])
    for (const [topic, { address, bindings, messages: said }] of Object.entries(channels)) {
      assert.equal(address, `shop.${topic}`)
      assert.equal(bindings.kafka.topic, `shop.${topic}`)
      const ours = messages.filter((message) => message.topic === topic)
      assert.sameMembers(
        Object.values(said).map(({ $ref }) => $ref),
        ours.map(({ type, version }) => `#/components/messages/${type}.v${version}`)
      )
      const operation = operations[`send_${topic}`]
      assert.containSubset(operation, { action: 'send', channel: { $ref: `#/channels/${topic}` } })
      assert.lengthOf(operation.messages, ours.length)
    }
  })

  for (const { type, version } of messages) {
    const name = `${type}.v${version}`

    test(`accepts the sample of ${name}, and none without one of its fields`, ({ assert }) => {
      const { summary, examples } = document.components.messages[name]
      assert.isNotEmpty(summary)
      const [{ headers, payload }] = examples
      assert.deepEqual(faultsOf(name, 'headers', headers), [])
      assert.deepEqual(faultsOf(name, 'payload', payload), [])
      assert.deepEqual(faultsOf(name, 'key', headers.ce_subject), [])

      assert.deepEqual(faultsOf(name, 'payload', { ...(payload as object), news: 1 }), [])
      for (const field of Object.keys(payload as object)) {
        const rest = { ...(payload as Record<string, unknown>) }
        delete rest[field]
        assert.lengthOf(faultsOf(name, 'payload', rest), 1, field)
      }
      for (const [header, wrong] of [
        ['ce_type', 'quartermaster.orders.order_eaten.v1'],
        ['ce_source', '/kitchen'],
        ['ce_id', '7'],
      ]) {
        assert.isNotEmpty(faultsOf(name, 'headers', { ...headers, [header]: wrong }), header)
      }
    })
  }

  test('is served with the topics of this installation, and linked from the home page', async ({
    client,
    assert,
  }) => {
    const served = await client.get('/asyncapi.json')
    served.assertStatus(200)
    assert.equal(served.header('content-type'), 'application/json')
    const { channels, info } = served.body()
    assert.equal(channels.orders.address, 'orders')
    assert.include(info.description, 'there are no topics')
    const home = await client.get('/')
    assert.include(home.text(), 'href="/asyncapi.json"')
  })
})
