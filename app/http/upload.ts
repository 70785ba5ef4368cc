/*
 * A file in a request, as a stream: the whole of it is never in memory.
 */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Problem } from './problem.ts'
import { Busboy, type BusboyHeaders } from '@fastify/busboy'

export interface Upload {
  /** Of the file; null when nobody says it. */
  name: string | null
  bytes: AsyncIterable<Buffer>
}

declare module '@adonisjs/core/http' {
  interface HttpContext {
    /** Set on routes that take a file. */
    upload?: Upload
  }
}

/** The request itself is the file. */
export function wholeBody(request: IncomingMessage): Upload {
  return { name: null, bytes: piecesOf(request) }
}

/**
 * The first file of a form, and the fields before it. What comes after it is not looked at.
 *
 * @returns null when there is no file
 */
export function fileOfForm(
  request: IncomingMessage
): Promise<{ fields: Record<string, string>; upload: Upload | null }> {
  const limits = { files: 1, fields: 20, fieldSize: 4_096, parts: 25 }
  const form = new Busboy({ headers: request.headers as BusboyHeaders, limits })
  const fields: Record<string, string> = {}
  return new Promise((resolve, reject) => {
    form.on('field', (name, value) => (fields[name] = value))
    form.on('file', (_, stream, filename) => {
      let broken = false
      // It may come before anybody reads; unheard it would end the process.
      stream.on('error', () => (broken = true))
      request.once('close', () => {
        if (!request.complete) stream.destroy(new Error('aborted'))
      })
      const name = filename?.replace(/[\p{Cc}\p{Cs}]/gu, '').slice(-200)
      resolve({ fields, upload: { name: name || null, bytes: wholeOf(stream, () => broken) } })
    })
    form.on('finish', () => resolve({ fields, upload: null }))
    form.on('error', () => reject(unreadable()))
    request.once('close', () => {
      if (!request.complete) reject(new Error('aborted'))
    })
    request.pipe(form)
  })
}

function unreadable() {
  return new Problem(
    422,
    'no_csv',
    'The form breaks off, or is no form: no file is in it. Send it again.'
  )
}

/** @throws Problem at the end of a file that has none */
async function* wholeOf(stream: Readable, isBroken: () => boolean) {
  yield* piecesOf(stream)
  if (isBroken()) throw unreadable()
}

/** Who stops reading must be able to answer still: the stream is not destroyed. */
function piecesOf(stream: Readable): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => stream.iterator({ destroyOnReturn: false }) }
}
