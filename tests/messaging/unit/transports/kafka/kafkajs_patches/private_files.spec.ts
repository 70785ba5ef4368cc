import { createRequire } from 'node:module'
import { test } from '@japa/runner'
import { assertKnownVersion } from '#messaging/transports/kafka/kafkajs_patches/private_files'

const { dependencies } = createRequire(import.meta.url)('../../../../../../package.json')

test.group('The private files of kafkajs', () => {
  test('are changed in the one version that package.json allows', ({ assert }) => {
    assertKnownVersion()
    assertKnownVersion(dependencies.kafkajs)
    assert.throws(() => assertKnownVersion('2.3.0'), /kafkajs is 2\.3\.0, but .* 2\.2\.4 only/)
  })
})
