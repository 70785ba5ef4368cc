/*
 * Access to private files of kafkajs, which are known for one version only.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

const KNOWN_VERSION = '2.2.4'

/**
 * Loads a private file of kafkajs.
 *
 * @param path - relative to `src`
 * @throws Error with another version of kafkajs
 */
export function privateFile<Exports>(path: string): Exports {
  assertKnownVersion()
  return require(`kafkajs/src/${path}`)
}

/**
 * Replaces the exports of a private file of kafkajs.
 *
 * @param before - the first file that copies these exports when it loads, so it must not be loaded yet
 * @throws Error with another version of kafkajs, or when `before` is already loaded
 */
export function replacePrivateFile(path: string, exported: unknown, before: string) {
  assertKnownVersion()
  const file = require.resolve(`kafkajs/src/${path}`)
  if (require.cache[require.resolve(`kafkajs/src/${before}`)]) {
    throw new Error(`kafkajs/src/${path} cannot be replaced: ${before} has already loaded it`)
  }
  require(file)
  require.cache[file]!.exports = exported
}

/**
 * Changes the responses to a request before kafkajs parses them.
 *
 * @param request - a folder of `protocol/requests`
 * @param versions - versions 0 to `versions` - 1 are patched
 */
export function patchResponses<Data>(
  request: string,
  versions: number,
  change: (data: Data) => Data | Promise<Data>
) {
  for (let version = 0; version < versions; version++) {
    const path = `protocol/requests/${request}/v${version}/response.js`
    const response = privateFile<{ parse(data: Data): Promise<Data> }>(path)
    const { parse } = response
    response.parse = async (data) => parse(await change(data))
  }
}

/** @returns a function that applies the patch at its first call: the patch holds for the whole process */
export function oncePerProcess(patch: () => void): () => void {
  let applied = false
  return () => {
    if (!applied) patch()
    applied = true
  }
}

/** @throws Error for a version whose private files are unknown */
export function assertKnownVersion(version = installedVersion()) {
  if (version === KNOWN_VERSION) return
  throw new Error(
    `kafkajs is ${version}, but its private files are known for ${KNOWN_VERSION} only: review app/messaging/transports/kafka/kafkajs_patches`
  )
}

function installedVersion(): string {
  return require('kafkajs/package.json').version
}
