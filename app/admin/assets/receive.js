/*
 * The scan loop. Without this the page is a form that is sent and comes back. With it each scan waits in this
 * browser until the server has answered it, so that none is lost while the connection is away, and carries a
 * key of its own, so that it counts once however often it is sent.
 */

const { ScanDetector, play, REFUSED } = globalThis.scanner

const SOUNDS = {
  counted: [[1320, 0.07]],
  refused: REFUSED,
  kept: [[660, 0.05], [660, 0.05]], // prettier-ignore
}

const WAITS = {
  away: 'Sent as soon as the server answers again.',
  signedOut: 'You are signed out. Sent when you are back.',
  mayNot: 'You may not receive goods any more: ask an administrator. Sent when you may again.',
}

customElements.define(
  'scan-desk',
  class extends HTMLElement {
    #gone
    #sending = null
    #retry = null
    /** Why scans wait, as a key of WAITS. */
    #reason = 'away'
    #scans = new ScanDetector()

    connectedCallback() {
      this.#gone = new AbortController()
      const { signal } = this.#gone
      // Before htmx, and before any field.
      document.addEventListener('submit', (event) => this.#submitted(event), { signal, capture: true }) // prettier-ignore
      document.addEventListener('keydown', (event) => this.#typed(event), { signal, capture: true })
      for (const back of ['online', 'focus']) addEventListener(back, () => this.#send(), { signal })
      this.#send()
    }

    disconnectedCallback() {
      this.#gone.abort()
      clearTimeout(this.#retry)
    }

    #submitted(event) {
      const form = event.target
      if (!this.contains(form)) return
      if ('queue' in form.dataset) {
        hold(event)
        const fields = new FormData(form, event.submitter)
        // Some scanners end a code with two ends of line.
        if (fields.get('code') !== '') this.#keep(form.getAttribute('action'), fields)
        form.reset()
        this.#focus()
      } else if (this.#waiting().length > 0) {
        // What was scanned before comes before.
        hold(event)
        this.#send().then(() => {
          if (this.#waiting().length === 0) {
            const shown = (form.id && document.getElementById(form.id)) || form
            shown.requestSubmit()
          }
        })
      }
    }

    /** A scan into another field, or beside all of them, is a scan; the field stays as it was. */
    #typed(event) {
      const { key, target } = event
      const scan = this.#scans.follow(event)
      if (!scan) return
      const [[first, held]] = scan.held
      // Only a person's number multiplies: what is scanned after `MUG*` is a code of its own.
      const multiplies = /\*\s*$/.test(held)
      if (key === 'Enter' && target.id === 'scan' && target === first && !multiplies) return
      hold(event)
      // It began before this field had the focus, which has only the rest of it.
      if (target.id === 'scan') target.value = ''
      // An answer may have put another one into its place meanwhile.
      const field = document.getElementById(first.id) ?? first
      if (field.matches('input, textarea')) field.value = held
      this.#keep(this.getAttribute('scans'), new URLSearchParams({ code: scan.code }))
      this.#focus()
    }

    #keep(action, fields) {
      const key = newKey()
      const sent = new URLSearchParams(fields)
      sent.set('_key', key)
      // One entry each: two windows of one browser do not write over each other.
      const name = `${this.#prefix}${Date.now()}-${key}`
      localStorage.setItem(name, JSON.stringify({ action, fields: `${sent}` }))
      if (this.#retry) play(SOUNDS.kept)
      setTimeout(() => localStorage.getItem(name) && this.#say(), this.#retry ? 0 : 1_000)
      this.#send()
    }

    /** Of this person: somebody else at the same browser has a receipt of their own. */
    get #prefix() {
      return `receive/${this.getAttribute('account')}/`
    }

    #waiting() {
      return Object.keys(localStorage)
        .filter((name) => name.startsWith(this.#prefix))
        .sort()
    }

    /** One after the other, until none waits or none can be sent. */
    #send() {
      this.#sending ??= this.#sendAll().finally(() => (this.#sending = null))
      return this.#sending
    }

    async #sendAll() {
      for (let [next] = this.#waiting(); next; [next] = this.#waiting()) {
        const { page, waits } = await this.#post(JSON.parse(localStorage.getItem(next)))
        if (waits) return this.#wait(waits)
        localStorage.removeItem(next)
        this.#show(page)
      }
      clearTimeout(this.#retry)
      this.#retry = null
      this.#reason = 'away'
      this.#say()
    }

    /** @returns the page that answers it, or why it waits */
    async #post(entry) {
      // Asking without a connection would only fill the console.
      if (!navigator.onLine) return { waits: 'away' }
      try {
        const { status, page } = await this.#ask(entry)
        if (page.querySelector('#tally')) return { page }
        if (status === 401 || status === 409) return { waits: 'signedOut' }
        if (status === 404) return { waits: 'mayNot' }
        if (status === 403 && (await this.#renewToken())) return this.#post(entry)
      } catch {}
      return { waits: 'away' }
    }

    async #ask({ action, fields }) {
      const body = new URLSearchParams(fields)
      body.set('_csrf', document.querySelector('[name=_csrf]').value)
      const answer = await fetch(action, {
        ...{ method: 'POST', body, headers: { 'x-receive': this.getAttribute('account') } },
        // A refusal comes back to this page, wherever the scanner was.
        referrer: '/admin/stock/receive',
        signal: AbortSignal.timeout(10_000),
      })
      return { status: answer.status, page: parse(await answer.text()) }
    }

    /** Takes over the token of a new sign-in. @returns whether the token has changed */
    async #renewToken() {
      const page = await fetch('/admin/stock/receive')
      const token = parse(await page.text()).querySelector('.scan [name=_csrf]')
      const fields = document.querySelectorAll('[name=_csrf]')
      if (!token || token.value === fields[0].value) return false
      for (const field of fields) field.value = token.value
      return true
    }

    #wait(reason) {
      if (!this.#retry) play(SOUNDS.kept)
      clearTimeout(this.#retry)
      this.#retry = setTimeout(() => this.#send(), reason === 'away' ? 2_000 : 15_000)
      this.#reason = reason
      this.#say()
    }

    #say() {
      const count = this.#waiting().length
      const place = this.querySelector('#waiting')
      place.replaceChildren()
      if (count === 0) return
      const said = document.createElement('div')
      said.className = 'notice'
      said.dataset.tone = 'warn'
      said.textContent = `${count} ${count === 1 ? 'scan waits' : 'scans wait'} in this browser. ${WAITS[this.#reason]}`
      if (this.#reason === 'signedOut') {
        const link = document.createElement('a')
        link.href = '/admin/login?next=/admin/stock/receive'
        link.textContent = 'Sign in'
        said.append(' ', link)
      }
      place.append(said)
    }

    /** Puts the parts that have changed into their places; what is being typed elsewhere stays. */
    #show(page) {
      if (!this.querySelector('#tally')) return location.assign('/admin/stock/receive')
      const typed = [...this.querySelectorAll('[data-live] input')]
        .filter(({ id, value, defaultValue }) => id && value !== defaultValue)
        .map(({ id, value }) => [id, value])
      const { id: focused } = document.activeElement
      for (const part of page.querySelectorAll('[data-live]')) {
        document.getElementById(part.id)?.replaceWith(part)
        window.htmx?.process(part)
      }
      for (const [id, value] of typed) {
        const field = document.getElementById(id)
        if (field) field.value = value
      }
      if (focused) document.getElementById(focused)?.focus()
      play(page.refused ? SOUNDS.refused : SOUNDS.counted)
    }

    #focus() {
      this.querySelector('#scan')?.focus()
    }
  }
)

function hold(event) {
  event.preventDefault()
  event.stopImmediatePropagation()
}

function parse(html) {
  const page = new DOMParser().parseFromString(html, 'text/html')
  page.refused = page.querySelector('#last')?.dataset.tone === 'bad'
  return page
}

/** `crypto.randomUUID` is missing where the page comes without TLS, as it does in many a stock room. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
