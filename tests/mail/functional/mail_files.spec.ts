/*
 * Mails that are written to files: who can read them.
 */
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from '@japa/runner'
import { mailDir } from '#config/mail'
import { FileTransport } from '#mail/file_transport'

const LINK = 'https://shop.example.com/admin/invitation?token=secret'
const MAIL = {
  ...{ from: 'shop@example.com', to: ['ada@example.com'], subject: 'You are invited' },
  ...{ text: `Follow ${LINK}`, html: `<a href="${LINK}">Follow</a>` },
}

test.group('Mails in files', () => {
  test('can be read by their owner only, also those of earlier releases', async ({
    assert,
    cleanup,
  }) => {
    const dir = await mkdtemp(join(tmpdir(), 'quartermaster-mails-'))
    cleanup(() => rm(dir, { recursive: true }))
    await writeFile(join(dir, 'earlier.json'), '{}')
    await chmod(join(dir, 'earlier.json'), 0o644)
    await chmod(dir, 0o755)
    await new FileTransport(dir).send({ ...MAIL, messageId: '<new@example.com>' })
    const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
    assert.equal(await modeOf(dir), '700')
    assert.sameMembers(await readdir(dir), ['earlier.json', 'new.json'])
    for (const name of await readdir(dir)) assert.equal(await modeOf(join(dir, name)), '600', name)
  })

  test('are shown on this machine’s own host name only, invitation links to nobody else', async ({
    assert,
    cleanup,
  }) => {
    await new FileTransport(mailDir).send({ ...MAIL, messageId: '<dev-mail@example.com>' })
    cleanup(() => rm(join(mailDir, 'dev-mail.json')))
    for (const path of ['/dev/mail', '/dev/mail/dev-mail', '/dev/mail/dev-mail/text']) {
      for (const host of ['rebound.example.com', '192.168.0.7:3333', 'localhost.example.com']) {
        assert.equal((await get(path, { host })).status, 404, `${path} as ${host}`)
      }
      for (const host of ['localhost:3333', '127.0.0.1', '[::1]:3333']) {
        assert.equal((await get(path, { host })).status, 200, `${path} as ${host}`)
      }
    }
    for (const path of ['/dev/mail/dev-mail', '/dev/mail/dev-mail/text']) {
      assert.include((await get(path, { host: 'localhost' })).text, 'token=secret')
      const forwarded = { 'host': 'localhost', 'x-forwarded-for': '192.0.2.1' }
      const { text } = await get(path, forwarded)
      assert.include(text, 'token=hidden')
      assert.notInclude(text, 'secret')
    }
  })
})

/** `fetch` cannot set Host. */
function get(path: string, headers: Record<string, string>) {
  const { HOST, PORT } = process.env
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = request({ host: HOST, port: PORT, path, headers }, async (response) => {
      const chunks = await response.toArray()
      resolve({ status: response.statusCode!, text: Buffer.concat(chunks).toString() })
    })
    sent.on('error', reject).end()
  })
}
