/*
 * The private files of kafkajs that we change: they are known in one version alone.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

const KNOWN_VERSION = '2.2.4'

/**
 * Loads a private file of kafkajs, by its path under `src`.
 *
 * @throws Error with another version of kafkajs: what is changed here must be looked at again
 */
export function privateFile<Exports>(path: string): Exports {
  assertKnownVersion()
  return require(`kafkajs/src/${path}`)
}

/**
 * Puts something in the place of what a private file of kafkajs exports.
 *
 * @param before - a file that takes a copy of it when it is loaded, and so must not be loaded yet
 * @throws Error with another version of kafkajs, or when that file is loaded already
 */
export function replacePrivateFile(path: string, exported: unknown, before: string) {
  assertKnownVersion()
  const place = require.resolve(`kafkajs/src/${path}`)
  if (require.cache[require.resolve(`kafkajs/src/${before}`)]) {
    throw new Error(`kafkajs/src/${path} cannot be replaced: ${before} has loaded it already`)
  }
  require(place)
  require.cache[place]!.exports = exported
}

/** @throws Error for a version whose private files we do not know */
export function assertKnownVersion(version = installedVersion()) {
  if (version === KNOWN_VERSION) return
  throw new Error(
    `kafkajs is ${version}, but its private files are known in ${KNOWN_VERSION} alone: look at the files that load them again`
  )
}

function installedVersion(): string {
  return require('kafkajs/package.json').version
}
