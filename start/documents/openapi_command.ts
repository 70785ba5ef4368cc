import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BaseCommand, flags } from '@adonisjs/core/ace'

export default class OpenApi extends BaseCommand {
  static commandName = 'openapi'
  static description = 'Print the OpenAPI document that the app serves as /openapi.json'
  static help = ['Needs no database.', 'Example: node ace openapi --output=openapi.json']

  @flags.string({ description: 'Write the document to this file' })
  declare output?: string

  @flags.string({ description: 'Base URL of the API (default: PUBLIC_URL)' })
  declare url?: string

  async run() {
    const { openApi } = await import('#start/documents/openapi')
    const url = this.url ?? process.env.PUBLIC_URL ?? 'http://127.0.0.1:3333'
    const text = `${JSON.stringify(openApi(url.replace(/\/$/, '')), null, 2)}\n`
    if (!this.output) return void process.stdout.write(text)
    await mkdir(dirname(this.output), { recursive: true })
    await writeFile(this.output, text)
  }
}
