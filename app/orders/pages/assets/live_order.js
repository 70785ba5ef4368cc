/* Keeps an order's page current: each new step fetches the page and replaces the parts that have changed. */
if (!customElements.get('live-order')) {
  customElements.define(
    'live-order',
    class extends HTMLElement {
      connectedCallback() {
        this.whenSeen = () => (document.hidden ? this.#close() : this.#open())
        document.addEventListener('visibilitychange', this.whenSeen)
        this.whenSeen()
      }

      disconnectedCallback() {
        document.removeEventListener('visibilitychange', this.whenSeen)
        this.#close()
      }

      /* Browsers allow six connections per host, so a hidden page must not hold one. */
      #open() {
        this.#close()
        this.events = new EventSource(this.getAttribute('events'))
        this.events.onopen = () => this.#showState('live')
        this.events.onerror = () => this.#showState('')
        this.events.onmessage = ({ lastEventId }) => {
          if (Number(lastEventId) > Number(this.getAttribute('version'))) this.#refresh()
        }
        this.#poll(1000)
      }

      #close() {
        this.events?.close()
        clearTimeout(this.later)
        this.#showState('')
      }

      #showState(word) {
        this.textContent = word
        this.classList.toggle('live', word !== '')
      }

      async #refresh() {
        // A form is being submitted, and its response will be just as current: wait for it.
        if (document.querySelector('form.htmx-request')) {
          clearTimeout(this.later)
          this.later = setTimeout(() => this.#refresh(), 250)
          return
        }
        this.again = this.busy
        if (this.busy) return
        this.busy = true
        await fetchPage().then(
          (page) => this.#take(page),
          () => {}
        )
        this.busy = false
        if (this.again) await this.#refresh()
      }

      #take(page) {
        const other = page.querySelector('live-order')
        if (!other || !this.isConnected) return
        this.setAttribute('version', other.getAttribute('version'))
        for (const part of page.querySelectorAll('[data-live]')) renew(part)
        updateStory(page.querySelectorAll('#story > li'))
        this.#poll(1000)
      }

      /* Publishing a message and sending a mail are not steps: polls for them, with growing intervals. */
      #poll(wait) {
        clearTimeout(this.later)
        if (!document.querySelector('#story > [data-open]')) return
        this.later = setTimeout(async () => {
          await this.#refresh()
          this.#poll(Math.min(wait * 2, 60000))
        }, wait)
      }
    }
  )

  /* Opens a form in a dialog; without scripts, it has a page of its own. */
  document.addEventListener('click', (click) => {
    const link = click.target.closest('a[data-dialog]')
    const dialog = link && document.getElementById(link.dataset.dialog)
    if (!dialog || click.ctrlKey || click.metaKey || click.shiftKey) return
    click.preventDefault()
    dialog.showModal()
  })
}

async function fetchPage() {
  const response = await fetch(location.pathname, {
    headers: { 'HX-Request': 'true', 'X-Poll': 'true' },
  })
  return new DOMParser().parseFromString(await response.text(), 'text/html')
}

/* Open and focused parts stay as they are; the server rejects a form that is based on an old version. */
function renew(part) {
  const old = document.getElementById(part.id)
  const used = old?.querySelector('[open]') || old?.querySelector('input:focus,textarea:focus')
  if (!old || used || (hasSameText(old, part) && !part.querySelector('form'))) return
  const focus = old.contains(document.activeElement) && document.activeElement.textContent
  const fresh = document.importNode(part, true)
  old.replaceWith(fresh)
  htmx.process(fresh)
  if (focus)
    [...fresh.querySelectorAll('a,button')].find((one) => one.textContent === focus)?.focus()
}

/* Adds and replaces rows in place. The rows that inventory has expanded for a message stay. */
function updateStory(rows) {
  const story = document.getElementById('story')
  const ids = new Set([...rows].map(({ id }) => id))
  for (const old of story.querySelectorAll('li:not([data-of])')) if (!ids.has(old.id)) old.remove()
  let last = null
  for (const row of rows) {
    const expanded = [...story.querySelectorAll(`[data-of="${row.id}"]`)].at(-1)
    const old = expanded ?? document.getElementById(row.id)
    if (expanded || (old && (row.dataset.kind === 'stock' || hasSameText(old, row)))) {
      last = old
      continue
    }
    const fresh = document.importNode(row, true)
    if (old) old.replaceWith(fresh)
    else if (last) last.after(fresh)
    else story.prepend(fresh)
    htmx.process(fresh)
    last = fresh
  }
}

function hasSameText(old, fresh) {
  return old.textContent.replace(/\s+/g, ' ') === fresh.textContent.replace(/\s+/g, ' ')
}
