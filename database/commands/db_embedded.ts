import { existsSync } from 'node:fs'
import { args, BaseCommand, flags } from '@adonisjs/core/ace'
import type { CommandOptions } from '@adonisjs/core/types/ace'
import type { EmbeddedPostgresStatus } from '#database/embedded/server'

const ACTIONS = ['start', 'stop', 'status', 'reset']

/** Exit codes: 0 success, 1 failure, 2 invalid usage. `status` exits with 0 in every state. */
export default class DbEmbedded extends BaseCommand {
  static commandName = 'db:embedded'
  static description = 'Start, stop, show or delete the embedded PostgreSQL'
  static help = [
    '{{ binaryName }} db:embedded start    leaves it running until you stop it',
    '{{ binaryName }} db:embedded stop     stops it, even if a process uses it',
    '{{ binaryName }} db:embedded status   is it running, where, and who owns it',
    '{{ binaryName }} db:embedded reset    deletes its data (asks first)',
  ]
  static options: CommandOptions = { startApp: false }

  @args.string({ description: ACTIONS.join(' | '), required: false })
  declare action?: string

  @flags.boolean({ description: 'Print the status afterwards as one JSON object' })
  declare json: boolean

  @flags.boolean({ description: 'Do not ask before a reset' })
  declare yes: boolean

  async run() {
    if (!this.action || !ACTIONS.includes(this.action)) {
      return this.refuse(2, `The action is missing. Run node ace db:embedded ${ACTIONS.join('|')}`)
    }
    const server = await import('#database/embedded/server')
    const dataDir = this.dataDir()
    await this.warnAboutUrls()
    try {
      if (this.action === 'start') await server.launchEmbeddedPostgres(dataDir)
      if (this.action === 'stop') {
        const { ownerPid } = await server.embeddedPostgresStatus(dataDir)
        const stopped = await server.stopEmbeddedPostgres(dataDir)
        if (stopped && ownerPid) {
          this.note(
            `Process ${ownerPid} is still running without a database. To start it again: node ace db:embedded start`
          )
        }
      }
      if (this.action === 'reset') {
        if (!(await this.mayReset(dataDir))) return
        await server.resetEmbeddedPostgres(dataDir)
      }
      this.print(await server.embeddedPostgresStatus(dataDir))
    } catch (error) {
      if (!(error instanceof server.EmbeddedPostgresError)) throw error
      this.refuse(1, error.message)
    }
  }

  /** Settings are not loaded in a command that does not start the app. */
  private dataDir(): string {
    const envFile = this.app.makePath('.env')
    if (existsSync(envFile)) process.loadEnvFile(envFile)
    return this.app.makePath(process.env.DATA_DIR || '.data')
  }

  private async warnAboutUrls() {
    const { DATABASE_URLS } = await import('#start/environment')
    const set = DATABASE_URLS.filter((name) => process.env[name])
    if (set.length === 0) return
    this.note(`${set.join(', ')} set: the app does not use the embedded PostgreSQL.`)
  }

  private async mayReset(dataDir: string): Promise<boolean> {
    if (this.yes) return true
    if (!this.json && process.stdin.isTTY && process.stdout.isTTY) {
      return this.prompt.confirm(`Delete all data in ${dataDir}/postgres?`)
    }
    this.refuse(2, `This deletes all data in ${dataDir}/postgres. Pass --yes to confirm.`)
    return false
  }

  private print(status: EmbeddedPostgresStatus) {
    const { state, pid, port, version, dataDir, ownerPid } = status
    if (this.json) return console.log(JSON.stringify(status))
    if (state === 'absent') return console.log(`No embedded PostgreSQL in ${dataDir}.`)
    if (state === 'stopped') return console.log(`PostgreSQL ${version} in ${dataDir} is stopped.`)
    const owner = ownerPid
      ? `Process ${ownerPid} owns it and stops it when it ends.`
      : 'It has no owner. To stop it: node ace db:embedded stop'
    console.log(
      `PostgreSQL ${version} runs on 127.0.0.1:${port} (process ${pid}), its data is in ${dataDir}.\n${owner}`
    )
  }

  // Standard output is for the result, so that `--json` can be piped.
  private note(message: string) {
    console.error(message)
  }

  private refuse(exitCode: 1 | 2, message: string) {
    this.exitCode = exitCode
    console.error(message)
  }
}
