import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { chown, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { postmasterOf } from '#tests/support/processes/app_process'
import { eventually } from '#tests/support/eventually'
import type { Fault } from '../fault.ts'
import type { TestBed } from '../test_bed.ts'

const run = promisify(execFile)

const DISK_MB = 24
const smallDisk = (testBed: TestBed) => join(testBed.dir, 'small_disk')

const killed: Fault = {
  name: 'PostgreSQL killed and restarted',
  how: 'SIGKILL to the postmaster, restarted 3 s later',
  async inject({ testBed, begins, ends }) {
    const postmaster = await postmasterOf(testBed.databaseDir)
    begins()
    process.kill(postmaster!, 'SIGKILL')
    await sleep(3_000)
    ends()
    // Its children must have ended before another may start.
    await eventually('PostgreSQL starts again', async () =>
      testBed.startDatabase().then(
        () => true,
        () => false
      )
    )
  },
}

const diskFull: Fault = {
  name: 'the disk of the outbox is full',
  how: `the outbox of orders is on a file system of ${DISK_MB} MB, which is full for 8 s`,
  async unavailable() {
    const dir = join(process.cwd(), '.data', `mount-${process.pid}`)
    await mkdir(dir, { recursive: true })
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir])
      await run('umount', [dir])
      return null
    } catch {
      return 'a small file system cannot be mounted here: be root, on Linux'
    } finally {
      await rm(dir, { recursive: true })
    }
  },
  async prepare(testBed, shop) {
    const dir = smallDisk(testBed)
    await mkdir(dir)
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', dir])
    const { uid, gid } = await stat(join(testBed.databaseDir, 'postgres'))
    await chown(dir, uid, gid)
    await shop.query(`create tablespace small_disk location '${dir}'`)
    for (const index of ['outbox_0_pkey', 'outbox_0_pending', 'outbox_0_key']) {
      await shop.query(`alter index orders.${index} set tablespace small_disk`)
    }
    await shop.query('alter table orders.outbox_0 set tablespace small_disk')
  },
  async inject({ testBed, load, begins, ends }) {
    const ballast = join(smallDisk(testBed), 'ballast')
    const refused = load.refused
    begins()
    await fill(ballast)
    await sleep(8_000)
    ends()
    await rm(ballast)
    if (load.refused === refused) throw new Error('no order was refused: the disk was not full')
  },
  async cleanUp(testBed) {
    const server = new pg.Client(testBed.databaseUrl)
    await server.connect()
    await server.query('drop tablespace if exists small_disk')
    await server.end()
    await run('umount', [smallDisk(testBed)]).catch(() => {})
    await rm(smallDisk(testBed), { recursive: true })
  },
}

export const database: Fault[] = [killed, diskFull]

async function fill(file: string) {
  const stream = createWriteStream(file)
  // It ends with "no space left on device".
  const full = once(stream, 'error').catch((error) => [error])
  const megabyte = Buffer.alloc(1024 * 1024)
  for (let written = 0; written <= DISK_MB && !stream.errored; written++) {
    await new Promise<void>((done) => stream.write(megabyte, () => done()))
  }
  // What is left of the last megabyte.
  const [error] = await Promise.race([
    full,
    sleep(1_000).then(() => [new Error('the disk has room')]),
  ])
  if (error.code !== 'ENOSPC') throw error
}
