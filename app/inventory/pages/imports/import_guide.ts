import { readFile } from 'node:fs/promises'
import app from '@adonisjs/core/services/app'
import type { HttpContext } from '@adonisjs/core/http'
import { Marked } from 'marked'

const markdown = new Marked({
  renderer: {
    // On a phone a wide table scrolls, and the page does not.
    table({ header, rows }) {
      const row = (cells: typeof header, tag: string) =>
        `<tr>${cells.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('')}</tr>`
      const body = rows.map((cells) => row(cells, 'td')).join('')
      return `<div class="scroll" tabindex="0"><table><thead>${row(header, 'th')}</thead><tbody>${body}</tbody></table></div>`
    },
  },
})

let guide: Promise<string> | undefined

/** The page of docs/importing.md. */
export async function showImportGuide({ view }: HttpContext) {
  guide ??= readFile(app.makePath('docs/importing.md'), 'utf8').then((text) => markdown.parse(text))
  return view.render('inventory::pages/import_guide', { guide: await guide })
}
