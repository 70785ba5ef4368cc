/*
 * Scanners that type like a keyboard: three or more characters at 50 ms or less on average, ended by
 * Enter or Tab, are a scan. No person types that fast. A code that is scanned into a quantity field is
 * not a quantity: nothing is sent, and the field gets back what it held. Inside <scan-desk> receive.js
 * counts scans instead.
 */
{
  const KEY_MS = 50
  const SHORTEST_CODE = 3
  const QUANTITIES = 'input:is([type=number],[inputmode=numeric],[inputmode=decimal])'
  const REFUSED = [[196, 0.18], [147, 0.28]] // prettier-ignore

  /** Follows keys, and tells scans from typing. */
  class ScanDetector {
    #keys = null

    /**
     * @param event - each keydown, in order
     * @returns the scan that this key ends, null for none: its code, and what each field that took
     *   part of it held before
     */
    follow({ key, target, timeStamp, ctrlKey, altKey, metaKey, repeat }) {
      const keys = this.#keys
      const inTime = keys && timeStamp - keys.last <= 2 * KEY_MS
      if (key.length === 1 && !ctrlKey && !altKey && !metaKey && !repeat) {
        if (!inTime) this.#keys = { code: '', held: new Map(), first: timeStamp }
        const { held } = this.#keys
        if (!held.has(target)) held.set(target, target.value)
        this.#keys.code += key
        this.#keys.last = timeStamp
        return null
      }
      if (key !== 'Enter' && key !== 'Tab') return null
      this.#keys = null
      if (!inTime || keys.code.length < SHORTEST_CODE) return null
      return timeStamp - keys.first <= keys.code.length * KEY_MS ? keys : null
    }
  }

  let audio

  /** Browsers let a page be heard once somebody has touched it. */
  function play(tones) {
    if (!navigator.userActivation?.hasBeenActive) return
    audio ??= new AudioContext()
    const volume = new GainNode(audio, { gain: 0.15 })
    volume.connect(audio.destination)
    let at = audio.currentTime
    for (const [frequency, seconds] of tones) {
      const tone = new OscillatorNode(audio, { type: 'square', frequency })
      tone.connect(volume)
      tone.start(at)
      tone.stop(at + seconds)
      at += seconds + 0.04
    }
  }

  function say() {
    document.getElementById('scanned')?.remove()
    const notice = document.createElement('div')
    notice.id = 'scanned'
    notice.className = 'notice'
    const what = document.createElement('b')
    what.dataset.tone = 'warn'
    what.textContent = 'That was a scan.'
    const words = document.createElement('span')
    words.append(what, ' Nothing was saved. Type the number instead.')
    notice.append(words)
    document.querySelector('.toasts')?.append(notice)
  }

  const detector = new ScanDetector()

  // Before htmx and before any field. Fields that are swapped in later are covered too.
  addEventListener(
    'keydown',
    (event) => {
      const scan = detector.follow(event)
      if (!scan || event.target.closest?.('scan-desk')) return
      const fields = [...scan.held].filter(([field]) => field.matches?.(QUANTITIES))
      if (fields.length === 0) return
      event.preventDefault()
      event.stopImmediatePropagation()
      for (const [field, held] of fields) field.value = held
      play(REFUSED)
      say()
    },
    { capture: true }
  )

  globalThis.scanner = { ScanDetector, play, REFUSED }
}
