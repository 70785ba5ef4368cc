/*
 * A file in a request as a stream, so that it is never completely in memory.
 */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyHeaders } from '@fastify/busboy'
import { composed, INVISIBLE } from './characters.ts'
import { Problem } from './problem.ts'

export interface Upload {
  /** File name; null when unknown. */
  name: string | null
  bytes: AsyncIterable<Buffer>
}

declare module '@adonisjs/core/http' {
  interface HttpContext {
    /** Set on routes that accept a file. */
    upload?: Upload
  }
}

/** For a request whose body is the file. */
export function wholeBody(request: IncomingMessage): Upload {
  return { name: null, bytes: chunksOf(request) }
}

/** A part with a file name, a binary one, or the part "file": some programs send it without a file name. */
function isFile(part: string | undefined, type: string | undefined, filename: string | undefined) {
  return filename !== undefined || type === 'application/octet-stream' || part === 'file'
}

/**
 * The first file of a form, and the fields before it. Later parts are ignored.
 *
 * @returns null when there is no file
 */
export function fileOfForm(
  request: IncomingMessage
): Promise<{ fields: Record<string, string>; upload: Upload | null }> {
  const limits = { files: 1, fields: 20, fieldSize: 4_096, parts: 25 }
  const form = new Busboy({
    headers: request.headers as BusboyHeaders,
    limits,
    isPartAFile: isFile,
  })
  const fields: Record<string, string> = {}
  return new Promise((resolve, reject) => {
    form.on('field', (name, value) => (fields[name] = value))
    form.on('file', (_, stream, filename) => {
      let broken = false
      // An error before the first read would end the process if there were no listener.
      stream.on('error', () => (broken = true))
      request.once('close', () => {
        if (!request.complete) stream.destroy(new Error('aborted'))
      })
      const name = filename && shownName(filename)
      resolve({ fields, upload: { name: name || null, bytes: completeFile(stream, () => broken) } })
    })
    form.on('finish', () => resolve({ fields, upload: null }))
    form.on('error', () => reject(malformed()))
    request.once('close', () => {
      if (!request.complete) reject(new Error('aborted'))
    })
    request.pipe(form)
  })
}

/** A file name can contain anything; it is only displayed. */
function shownName(filename: string) {
  return composed(filename).replace(unprintable, '').slice(-200)
}

const unprintable = new RegExp(`[${INVISIBLE}\\p{Cc}\\p{Cs}]`, 'gu')

function malformed() {
  return new Problem(
    'no_csv',
    'The form is incomplete or malformed, and has no file. Send it again.'
  )
}

/** @throws Problem 422 `no_csv` if the form ends within the file */
async function* completeFile(stream: Readable, isBroken: () => boolean) {
  yield* chunksOf(stream)
  if (isBroken()) throw malformed()
}

/** Does not destroy the stream, so that a response can still be sent after reading stops. */
function chunksOf(stream: Readable): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => stream.iterator({ destroyOnReturn: false }) }
}
