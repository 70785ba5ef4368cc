import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { mock } from 'node:test'
import type { HttpContext } from '@adonisjs/core/http'
import { test } from '@japa/runner'
import { EventStream, openStreams } from '#http/server/event_stream'

interface Meeting {
  reader: Socket
  raw: ServerResponse
  open(): EventStream | null
}

test.group('A stream', (group) => {
  let meeting: Meeting

  group.each.setup(async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const reader = connect((server.address() as AddressInfo).port, '127.0.0.1')
    reader.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const [, raw] = await once(server, 'request')
    const ctx = { request: { method: () => 'GET' }, response: { relayHeaders() {}, response: raw } }
    meeting = { reader, raw, open: () => EventStream.open(ctx as unknown as HttpContext) }
    return () => {
      reader.destroy()
      server.close()
    }
  })

  /** Until the kernel takes no more for a reader who takes nothing. */
  async function fill({ reader, raw }: Meeting, stream: EventStream) {
    reader.pause()
    while (raw.writableLength < 64 * 1024) {
      stream.send('1', 'x'.repeat(16 * 1024))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  test('has a heartbeat every fifteen seconds, and ends when the reader does not take it', async ({
    assert,
    cleanup,
  }) => {
    mock.timers.enable({ apis: ['setInterval'] })
    cleanup(() => mock.timers.reset())
    const stream = meeting.open()!
    await once(meeting.reader, 'data')
    mock.timers.tick(15_000)
    const [heard] = await once(meeting.reader, 'data')
    assert.include(String(heard), '\n:\n\n')
    await fill(meeting, stream)
    mock.timers.tick(15_000)
    assert.isFalse(meeting.raw.destroyed)
    mock.timers.tick(15_000)
    assert.isTrue(meeting.raw.destroyed)
    await once(meeting.raw, 'close')
    mock.timers.tick(15_000)
  })

  test('ends at the second heartbeat without any progress of its reader', async ({ assert }) => {
    const stream = meeting.open()!
    await fill(meeting, stream)
    stream.beat()
    assert.isFalse(meeting.raw.destroyed)
    stream.beat()
    assert.isTrue(meeting.raw.destroyed)
    await once(meeting.raw, 'close')
    assert.isTrue(stream.ended)
  })

  test('survives one late heartbeat', async ({ assert }) => {
    const stream = meeting.open()!
    await fill(meeting, stream)
    stream.beat()
    meeting.reader.resume()
    await stream.drained()
    stream.beat()
    stream.beat()
    assert.isFalse(meeting.raw.destroyed)
  })

  test('survives while its reader makes slow progress', async ({ assert }) => {
    const stream = meeting.open()!
    for (let n = 0; n < 3; n++) {
      await fill(meeting, stream)
      stream.beat()
      assert.isFalse(meeting.raw.destroyed)
      meeting.reader.resume()
      await stream.drained()
    }
  })

  test('ends shortly after its reader is further behind than the buffer', async ({ assert }) => {
    const stream = meeting.open()!
    await fill(meeting, stream)
    stream.send('2', 'x'.repeat(300 * 1024))
    assert.isFalse(meeting.raw.destroyed, 'it may just have come at once')
    await once(meeting.raw, 'close')
    assert.isTrue(stream.ended)
  })

  test('ends immediately when the buffer limit is exceeded', async ({ assert }) => {
    const stream = meeting.open()!
    await fill(meeting, stream)
    stream.send('2', 'x'.repeat(3 * 1024 * 1024))
    assert.isTrue(meeting.raw.destroyed)
  })

  test('is not opened for a client that disconnected', async ({ assert }) => {
    meeting.reader.destroy()
    await once(meeting.raw, 'close')
    assert.isNull(meeting.open())
    assert.equal(openStreams(), 0)
  })

  test('leaves no listener behind after waiting', async ({ assert }) => {
    const stream = meeting.open()!
    for (let n = 0; n < 12; n++) {
      await fill(meeting, stream)
      meeting.reader.resume()
      await stream.drained()
    }
    assert.isBelow(meeting.raw.listenerCount('drain'), 2)
  })
})
