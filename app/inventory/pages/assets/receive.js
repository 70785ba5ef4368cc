/*
 * The scan loop; without it, the page is a plain form. Each scan is stored in the browser until the server has
 * responded, so that none is lost while offline, and has its own key, so that it counts once even if it is re-sent.
 */

const { ScanDetector, play, REFUSED } = globalThis.scanner

const SOUNDS = {
  counted: [[1320, 0.07]],
  refused: REFUSED,
  kept: [[660, 0.05], [660, 0.05]], // prettier-ignore
}

/** After this many failures of the server a scan is set aside, so that it does not block the scans after it. */
const TRIES = 3

/** Statuses that concern all scans: all of them wait. */
const STATUSES_OF_ALL_SCANS = [403, 408, 429, 502, 503, 504]

const WAITS = {
  offline: 'Scans are sent when the server responds again.',
  failing: 'The server failed. The scan is sent again.',
  signedOut: 'You are signed out.',
  forbidden:
    'Your role no longer allows receiving goods. Ask an administrator; scans stay in this browser until then.',
}

customElements.define(
  'scan-desk',
  class extends HTMLElement {
    #listeners
    #sending = null
    /** Whether the page sends by itself: then the requests do not extend the session. */
    #isAutomatic = false
    #retry = null
    /** Why scans wait, as a key of WAITS. */
    #reason = 'offline'
    #scans = new ScanDetector()

    connectedCallback() {
      this.#listeners = new AbortController()
      const { signal } = this.#listeners
      // Captures the events before htmx and before any field.
      document.addEventListener('submit', (event) => this.#submitted(event), { signal, capture: true }) // prettier-ignore
      document.addEventListener('keydown', (event) => this.#typed(event), { signal, capture: true })
      addEventListener('focus', () => this.#send(), { signal })
      addEventListener('online', () => this.#send({ isAutomatic: true }), { signal })
      this.addEventListener('retry', ({ entry }) => this.#enqueue(entry), { signal })
      this.#send()
    }

    disconnectedCallback() {
      this.#listeners.abort()
      clearTimeout(this.#retry)
    }

    #submitted(event) {
      const form = event.target
      if (!this.contains(form)) return
      if ('queue' in form.dataset) {
        hold(event)
        const fields = new FormData(form, event.submitter)
        // Some scanners end a code with two line ends.
        if (fields.get('code') !== '') this.#keep(form.getAttribute('action'), fields)
        form.reset()
        this.#focus()
      } else if (this.#waiting().length > 0) {
        // Stored scans are sent before the form.
        hold(event)
        this.#send().then(() => {
          if (this.#waiting().length === 0) {
            const shown = (form.id && document.getElementById(form.id)) || form
            shown.requestSubmit()
          }
        })
      }
    }

    /** A scan counts wherever the focus is; the focused field keeps its value. */
    #typed(event) {
      const { key, target } = event
      const scan = this.#scans.follow(event)
      if (!scan) return
      const [[first, held]] = scan.held
      // Only a typed number multiplies: a code scanned after `MUG*` is a separate scan.
      const multiplies = /\*\s*$/.test(held)
      if (key === 'Enter' && target.id === 'scan' && target === first && !multiplies) return
      hold(event)
      // The scan began before this field had the focus, so the field has only the rest of the code.
      if (target.id === 'scan') target.value = ''
      // A response may have replaced the field meanwhile.
      const field = document.getElementById(first.id) ?? first
      if (field.matches('input, textarea')) field.value = held
      this.#keep(this.getAttribute('scans'), new URLSearchParams({ code: scan.code }))
      this.#focus()
    }

    #keep(action, fields) {
      const sent = new URLSearchParams(fields)
      sent.set('_key', newKey())
      this.#enqueue({ action, fields: `${sent}` })
    }

    #enqueue(entry) {
      // One entry per scan, so that two windows of a browser do not overwrite each other's scans.
      const name = `${this.#prefix}${Date.now()}-${newKey()}`
      localStorage.setItem(name, JSON.stringify(entry))
      if (this.#retry) play(SOUNDS.kept)
      setTimeout(() => localStorage.getItem(name) && this.#showWaiting(), this.#retry ? 0 : 1_000)
      this.#send()
    }

    /** Per account, because another person at the same browser has another receipt. */
    get #prefix() {
      return `receive/${this.getAttribute('account')}/`
    }

    #waiting() {
      return Object.keys(localStorage)
        .filter((name) => name.startsWith(this.#prefix))
        .sort()
    }

    /** Sends the stored scans one by one, until none is left or one cannot be sent. */
    #send({ isAutomatic = false } = {}) {
      if (!this.#sending || !isAutomatic) this.#isAutomatic = isAutomatic
      this.#sending ??= this.#sendAll().finally(() => (this.#sending = null))
      return this.#sending
    }

    async #sendAll() {
      for (let [next] = this.#waiting(); next; [next] = this.#waiting()) {
        const { tries = 1, ...entry } = JSON.parse(localStorage.getItem(next))
        const { page, waits } = await this.#post(entry)
        const triesAgain = waits === 'failing' && tries < TRIES
        if (triesAgain) localStorage.setItem(next, JSON.stringify({ ...entry, tries: tries + 1 }))
        if (triesAgain || (waits && waits !== 'failing')) return this.#retryLater(waits)
        if (waits) this.#setAside(entry)
        localStorage.removeItem(next)
        if (page) this.#show(page)
      }
      clearTimeout(this.#retry)
      this.#retry = null
      this.#reason = 'offline'
      this.#showWaiting()
    }

    #setAside(entry) {
      this.querySelector('set-aside').add(entry)
      play(SOUNDS.refused)
    }

    /** @returns the page of the response, or the reason why the scan waits */
    async #post(entry) {
      // A request without a connection would only log an error.
      if (!navigator.onLine) return { waits: 'offline' }
      try {
        const { status, page } = await this.#request(entry)
        if (page.querySelector('#tally')) return { page }
        if (status === 401 || status === 409) return { waits: 'signedOut' }
        if (status === 404) return { waits: 'forbidden' }
        if (status === 403 && (await this.#renewToken())) return this.#post(entry)
        if (status >= 400 && !STATUSES_OF_ALL_SCANS.includes(status)) return { waits: 'failing' }
      } catch {}
      return { waits: 'offline' }
    }

    async #request({ action, fields }) {
      const body = new URLSearchParams(fields)
      body.set('_csrf', document.querySelector('[name=_csrf]').value)
      const response = await fetch(action, {
        ...{ method: 'POST', body },
        headers: { 'x-receive': this.getAttribute('account'), ...this.#pollHeader },
        // After a rejection, the server redirects to this page, wherever the scan was made.
        referrer: '/admin/stock/receive',
        signal: AbortSignal.timeout(10_000),
      })
      return { status: response.status, page: parse(await response.text()) }
    }

    /** Adopts the CSRF token of a new sign-in. @returns whether the token has changed */
    async #renewToken() {
      const page = await fetch('/admin/stock/receive', { headers: this.#pollHeader })
      const token = parse(await page.text()).querySelector('.scan [name=_csrf]')
      const fields = document.querySelectorAll('[name=_csrf]')
      if (!token || token.value === fields[0].value) return false
      for (const field of fields) field.value = token.value
      return true
    }

    get #pollHeader() {
      return this.#isAutomatic ? { 'X-Poll': 'true' } : {}
    }

    #retryLater(reason) {
      if (!this.#retry) play(SOUNDS.kept)
      clearTimeout(this.#retry)
      this.#retry = setTimeout(
        () => this.#send({ isAutomatic: true }),
        ['offline', 'failing'].includes(reason) ? 2_000 : 15_000
      )
      this.#reason = reason
      this.#showWaiting()
    }

    #showWaiting() {
      const count = this.#waiting().length
      const place = this.querySelector('#waiting')
      place.replaceChildren()
      if (count === 0) return
      const notice = document.createElement('div')
      notice.className = 'notice'
      notice.dataset.tone = 'warn'
      notice.textContent = `${count} ${count === 1 ? 'scan waits' : 'scans wait'} in this browser. ${WAITS[this.#reason]}`
      if (this.#reason === 'signedOut') {
        const link = document.createElement('a')
        link.href = '/admin/login?next=/admin/stock/receive'
        link.textContent = 'Sign in to send scans'
        notice.append(' ', link)
      }
      place.append(notice)
    }

    /** Replaces the live parts of the page. Input in other fields stays. */
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

/** `crypto.randomUUID` is missing on pages without TLS, which are common in stock rooms. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
