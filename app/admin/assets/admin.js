/* What HTML cannot do by itself. Every page works without it. */

/* A menu closes like one: by Escape, and by a click elsewhere. */
const menus = () => document.querySelectorAll('.menu[open]')
addEventListener('click', ({ target }) => {
  for (const menu of menus()) if (!menu.contains(target)) menu.open = false
})
addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return
  for (const menu of menus()) {
    menu.open = false
    menu.querySelector('summary').focus()
  }
})

/* Figures are looked at again, but not while nobody can see them. */
setInterval(() => {
  if (document.hidden) return
  for (const part of document.querySelectorAll('[data-look]')) {
    if (part.dataset.look === 'focus' && !document.hasFocus()) continue
    part.dispatchEvent(new Event('look'))
  }
}, 5000)
const tellFocus = () => {
  document.documentElement.dataset.live = document.hasFocus() ? 'on' : 'paused'
}
for (const name of ['focus', 'blur']) addEventListener(name, tellFocus)
tellFocus()

/* A part that cannot be shown just now stays as it was; and whose session has ended may have typed something,
   which travels through the sign-in when it is sent. */
addEventListener('htmx:before:response', (event) => {
  const { sourceElement, response } = event.detail.ctx
  if (!sourceElement.matches?.('[data-look], [hx-trigger=load]')) return
  const leaves = response.headers.has('HX-Refresh')
  if (response.status >= 400 || (leaves && isTyped())) event.preventDefault()
})
const isTyped = () =>
  [...document.querySelectorAll('input:not([type=hidden]), textarea, select')].some((field) => {
    if (!field.options)
      return field.value !== field.defaultValue || field.checked !== field.defaultChecked
    const first = [...field.options].findIndex((option) => option.defaultSelected)
    return field.selectedIndex !== Math.max(0, first)
  })

/* The new page is morphed into the old one, which keeps what stands in fields: a form that was sent is as the
   server shows it, so that one more Enter does not send it again; and a dialog that was sent is over. */
addEventListener('htmx:before:swap', ({ detail }) => {
  if (detail.ctx.sourceElement?.method !== 'post') return
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close()
})
addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
  if (ctx.sourceElement?.method === 'post') ctx.sourceElement.reset()
})

/* What could not be shown comes when it can be. */
const again = () => document.querySelector('[data-again]')
const tryAgain = async () => {
  if (!again()) return
  again().hidden = false
  const answer = await fetch(location.href, { method: 'HEAD' }).catch(() => null)
  if (again() && answer && answer.status !== 503) location.reload()
}
setInterval(tryAgain, 5000)
tryAgain()
