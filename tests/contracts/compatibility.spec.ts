/*
 * What consumers rely on is kept in docs/contracts, and each way to break it is planted here.
 */
import { test } from '@japa/runner'
import type { JsonSchema } from '#messaging/message/message'
import {
  breakingChanges,
  contractFiles,
  contractsOf,
  storedContracts,
  type Contracts,
} from '#start/documents/contracts'

const root = new URL('../../', import.meta.url)
const kept = storedContracts(new URL('docs/contracts/', root))

/** What is kept, with a change. */
function changed(change: (contracts: Contracts) => void) {
  const contracts = structuredClone(kept)
  change(contracts)
  return contracts
}

const fields = (name: string) => (contracts: Contracts) =>
  contracts.schemas[name].properties as Record<string, JsonSchema>
const placed = fields('order_placed.v1')
const confirmed = fields('order_confirmed.v1')
const adjusted = fields('stock_adjusted.v1')

const breaking: [what: string, change: (contracts: Contracts) => void, says: string][] = [
  [
    'a field is removed',
    (of) => delete confirmed(of).declined,
    'order_confirmed.v1/declined was removed',
  ],
  [
    'a field is renamed',
    (of) => {
      const { revision, ...others } = confirmed(of)
      of.schemas['order_confirmed.v1'].properties = { ...others, rev: revision }
    },
    'order_confirmed.v1/revision was removed',
  ],
  [
    'a field inside a list is removed',
    (of) => delete placed(of).lines.items.properties.quantity,
    'order_placed.v1/lines/*/quantity was removed',
  ],
  [
    'a number becomes a text',
    (of) => (placed(of).revision.type = 'string'),
    'order_placed.v1/revision: type was "integer", is "string"',
  ],
  [
    'a field may be null',
    (of) => (confirmed(of).heldRevision.type = ['integer', 'null']),
    'order_confirmed.v1/heldRevision: type was "integer", is ["integer","null"]',
  ],
  [
    'a field may be missing',
    (of) => (of.schemas['order_placed.v1'].required = ['revision']),
    'order_placed.v1/lines is now optional',
  ],
  [
    'a new field must be there',
    (of) => {
      placed(of).channel = { type: 'string' }
      of.schemas['order_placed.v1'].required.push('channel')
    },
    'order_placed.v1/channel is now required, but stored messages do not have it',
  ],
  [
    'an enumeration has a new value',
    (of) => adjusted(of).cause.enum.push('theft'),
    'stock_adjusted.v1/cause: enum was ["adjust","count","import","reversal"], is ["adjust","count","import","reversal","theft"]',
  ],
  [
    'a text may be longer',
    (of) => (placed(of).lines.items.properties.sku.maxLength = 128),
    'order_placed.v1/lines/*/sku: maxLength was 64, is 128',
  ],
  [
    'the key means something else',
    (of) => delete of.schemas['order_placed.v1']['x-key'].format,
    'order_placed.v1/(key): format was "uuid", is missing',
  ],
  [
    'a message is no longer said',
    (of) => delete of.schemas['order_rejected.v1'],
    'order_rejected.v1 is no longer published',
  ],
  [
    'a sample is changed',
    (of) => (of.samples['app/contracts/messages/samples/order_placed.v1.json'] = 'f00d'),
    'app/contracts/messages/samples/order_placed.v1.json was changed',
  ],
  [
    'a sample is removed',
    (of) => delete of.samples['app/contracts/messages/samples/order_placed.v1.json'],
    'app/contracts/messages/samples/order_placed.v1.json was removed',
  ],
]

test.group('The contract of the topics', () => {
  test('is kept, and docs/contracts is current', ({ assert }) => {
    assert.deepEqual(breakingChanges(kept, contractsOf(root)), [])
    assert.deepEqual(contractFiles(kept), contractFiles(contractsOf(root)))
  })

  for (const [what, change, says] of breaking) {
    test(`is broken when ${what}`, ({ assert }) => {
      assert.include(breakingChanges(kept, changed(change)), says)
    })
  }

  test('is kept when an optional field, a message, a sample or a description changes', ({
    assert,
  }) => {
    const more = changed((of) => {
      placed(of).channel = { type: 'string' }
      placed(of).revision.description = 'In other words.'
      of.schemas['order_placed.v2'] = { type: 'object' }
      of.samples['app/contracts/messages/samples/order_placed.v2.json'] = 'f00d'
    })
    assert.deepEqual(breakingChanges(kept, more), [])
  })
})
