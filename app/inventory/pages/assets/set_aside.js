/*
 * Scans for which the server failed several times. Each stays in this browser until somebody retries or discards it.
 * `add` takes a stored scan, and the event `retry` has it as `entry`.
 */

customElements.define(
  'set-aside',
  class extends HTMLElement {
    connectedCallback() {
      this.#show()
    }

    /** @param entry - `{ action, fields }` of the scan's form */
    add(entry) {
      // Its key makes the name unique.
      const name = `${this.#prefix}${Date.now()}-${new URLSearchParams(entry.fields).get('_key')}`
      localStorage.setItem(name, JSON.stringify(entry))
      this.#show()
    }

    get #prefix() {
      return `receive-aside/${this.getAttribute('account')}/`
    }

    #show() {
      const names = Object.keys(localStorage).filter((name) => name.startsWith(this.#prefix))
      this.replaceChildren(...names.sort().map((name) => this.#notice(name)))
    }

    #notice(name) {
      const entry = JSON.parse(localStorage.getItem(name))
      const notice = document.createElement('div')
      notice.className = 'notice'
      notice.dataset.tone = 'bad'
      const text = document.createElement('span')
      const what = document.createElement('b')
      what.textContent = `${nameOf(entry)}:`
      // The server may also fail after its commit. A retry has the same key, so it counts once.
      const advice = 'Retry it: it counts once. Later scans are not affected.'
      text.append(what, ` The server failed, so this scan may not be counted. ${advice}`)
      const remove = () => {
        localStorage.removeItem(name)
        this.#show()
      }
      const retry = () => {
        remove()
        this.dispatchEvent(Object.assign(new Event('retry', { bubbles: true }), { entry }))
      }
      const acts = document.createElement('span')
      acts.className = 'acts'
      acts.append(button('Retry', retry), button('Discard', remove))
      notice.append(text, acts)
      return notice
    }
  }
)

/** The code of a scan, or the SKU and the quantity of a correction. */
function nameOf({ action, fields }) {
  const sent = new URLSearchParams(fields)
  const sku = decodeURIComponent(action.split('/').at(-1))
  return sent.get('code') ?? `${sku}, ${sent.get('quantity')} units`
}

function button(label, act) {
  const made = document.createElement('button')
  made.type = 'button'
  made.textContent = label
  made.addEventListener('click', act)
  return made
}
