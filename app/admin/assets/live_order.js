/* Keeps an order's page as the order is: each step that comes brings in what the page does not show yet. */
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

      /* A browser keeps six connections to a host: a page that nobody sees must not hold one. */
      #open() {
        this.#close()
        this.events = new EventSource(this.getAttribute('events'))
        this.events.onopen = () => this.#say('live')
        this.events.onerror = () => this.#say('')
        this.events.onmessage = ({ lastEventId }) => {
          if (Number(lastEventId) > Number(this.getAttribute('version'))) this.#refresh()
        }
        this.#lookAgain(1000)
      }

      #close() {
        this.events?.close()
        clearTimeout(this.later)
        this.#say('')
      }

      #say(word) {
        this.textContent = word
        this.classList.toggle('live', word !== '')
      }

      async #refresh() {
        // The page that a form is about to bring is as new.
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
        tell(page.querySelectorAll('#story > li'))
        this.#lookAgain(1000)
      }

      /* A published message or a sent mail is not a step: poll for it, less and less often. */
      #lookAgain(wait) {
        clearTimeout(this.later)
        if (!document.querySelector('#story > [data-open]')) return
        this.later = setTimeout(async () => {
          await this.#refresh()
          this.#lookAgain(Math.min(wait * 2, 60000))
        }, wait)
      }
    }
  )

  /* Where there are scripts, what has a page of its own is asked in a dialog. */
  document.addEventListener('click', (click) => {
    const link = click.target.closest('a[data-dialog]')
    const dialog = link && document.getElementById(link.dataset.dialog)
    if (!dialog || click.ctrlKey || click.metaKey || click.shiftKey) return
    click.preventDefault()
    dialog.showModal()
  })
}

async function fetchPage() {
  const answer = await fetch(location.pathname, { headers: { 'HX-Request': 'true' } })
  return new DOMParser().parseFromString(await answer.text(), 'text/html')
}

/* What a person has open or types in stays: the server refuses it if the order has moved too far. */
function renew(part) {
  const old = document.getElementById(part.id)
  const used = old?.querySelector('[open]') || old?.querySelector('input:focus,textarea:focus')
  if (!old || used || (saysTheSame(old, part) && !part.querySelector('form'))) return
  const focus = old.contains(document.activeElement) && document.activeElement.textContent
  const fresh = document.importNode(part, true)
  old.replaceWith(fresh)
  htmx.process(fresh)
  if (focus)
    [...fresh.querySelectorAll('a,button')].find((one) => one.textContent === focus)?.focus()
}

/* Rows are added and renewed in place; what inventory has told of a message stays. */
function tell(rows) {
  const story = document.getElementById('story')
  const ids = new Set([...rows].map(({ id }) => id))
  for (const old of story.querySelectorAll('li:not([data-of])')) if (!ids.has(old.id)) old.remove()
  let last = null
  for (const row of rows) {
    const told = [...story.querySelectorAll(`[data-of="${row.id}"]`)].at(-1)
    const old = told ?? document.getElementById(row.id)
    if (told || (old && (row.dataset.kind === 'stock' || saysTheSame(old, row)))) {
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

function saysTheSame(old, fresh) {
  return old.textContent.replace(/\s+/g, ' ') === fresh.textContent.replace(/\s+/g, ' ')
}
