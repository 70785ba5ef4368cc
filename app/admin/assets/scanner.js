/*
 * Detects barcode scanners that act as keyboards: three or more characters at 50 ms or less on average, followed by
 * Enter or Tab, are a scan, because no person types that fast. A code scanned into a quantity field is not submitted,
 * and the field gets its previous value back. Inside <scan-desk>, receive.js handles scans instead.
 */
{
  const KEY_MS = 50
  const SHORTEST_CODE = 3
  const QUANTITIES = 'input:is([type=number],[inputmode=numeric],[inputmode=decimal])'
  const REFUSED = [[196, 0.18], [147, 0.28]] // prettier-ignore

  /** Distinguishes scans from typing. */
  class ScanDetector {
    #keys = null

    /**
     * @param event - each keydown, in order
     * @returns the scan that this key completes, or null: its code, and the previous values of the fields that
     *   received parts of it
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

  /** Browsers allow sound only after a user action. */
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

  function showRejected() {
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

  // Captures the event before htmx and before any field, including fields that are swapped in later.
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
      showRejected()
    },
    { capture: true }
  )

  globalThis.scanner = { ScanDetector, play, REFUSED }
}
