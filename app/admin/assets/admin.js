/* Small additions to HTML. Every page works without this script. */

/* Escape and a click elsewhere close a menu. */
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

/* Polls figures every five seconds while the page is visible. */
setInterval(() => {
  if (document.hidden) return
  for (const part of document.querySelectorAll('[data-look]')) {
    if (part.dataset.look === 'focus' && !document.hasFocus()) continue
    part.dispatchEvent(new Event('look'))
  }
}, 5000)
/* Marks the requests that a page sends by itself: only what a person does extends the session. */
addEventListener('htmx:config:request', ({ detail: { ctx } }) => {
  const trigger = ctx.sourceElement?.getAttribute('hx-trigger') ?? ''
  if (/^(load|look|every)\b/.test(trigger)) ctx.request.headers['X-Poll'] = 'true'
})
const showFocus = () => {
  document.documentElement.dataset.live = document.hasFocus() ? 'on' : 'paused'
}
for (const name of ['focus', 'blur']) addEventListener(name, showFocus)
showFocus()

/* A part that fails to load stays as it was. If the session has ended, the page does not reload while a form has
   input: submitting the form keeps the input during the sign-in. */
addEventListener('htmx:before:response', (event) => {
  const { sourceElement, response } = event.detail.ctx
  if (!sourceElement.matches?.('[data-look], [hx-trigger=load]')) return
  const reloads = response.headers.has('HX-Refresh')
  if (response.status >= 400 || (reloads && hasInput())) event.preventDefault()
})
const hasInput = () =>
  [...document.querySelectorAll('input:not([type=hidden]), textarea, select')].some((field) => {
    if (!field.options)
      return field.value !== field.defaultValue || field.checked !== field.defaultChecked
    const first = [...field.options].findIndex((option) => option.defaultSelected)
    return field.selectedIndex !== Math.max(0, first)
  })

/* The new page is morphed into the old one, which keeps the input of fields. A submitted form is reset, so that
   another Enter does not submit it again, and a submitted dialog is closed. */
addEventListener('htmx:before:swap', ({ detail }) => {
  if (detail.ctx.sourceElement?.method !== 'post') return
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close()
})
addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
  if (ctx.sourceElement?.method === 'post') ctx.sourceElement.reset()
})

/* Reloads an error page when the database is back. */
const again = () => document.querySelector('[data-again]')
const retry = async () => {
  if (!again()) return
  again().hidden = false
  const response = await fetch(location.href, {
    method: 'HEAD',
    headers: { 'X-Poll': 'true' },
  }).catch(() => null)
  if (again() && response && response.status !== 503) location.reload()
}
setInterval(retry, 5000)
retry()
