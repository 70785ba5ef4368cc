/*
 * A keyboard with exact times: keys carry the time at which they were pressed, however busy the computer
 * that sends them is.
 */
import type { CDPSession, Page } from 'playwright-core'

const ENDS = {
  Enter: { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
  Tab: { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 },
}

const keyboards = new WeakMap<Page, Promise<CDPSession>>()

/**
 * Types a text and ends it.
 *
 * @param every - milliseconds between two keys: 2 for a scanner, 120 for a person
 */
export async function typeKeys(
  page: Page,
  text: string,
  { every, end = 'Enter' }: { every: number; end?: 'Enter' | 'Tab' }
) {
  if (!keyboards.has(page)) keyboards.set(page, page.context().newCDPSession(page))
  const keyboard = await keyboards.get(page)!
  const begin = Date.now()
  const keys = [...[...text].map((key) => ({ key, text: key })), ENDS[end]]
  await Promise.all(
    keys.flatMap((key, place) => {
      const timestamp = (begin + every * place) / 1_000
      return [
        keyboard.send('Input.dispatchKeyEvent', { type: 'keyDown', ...key, timestamp }),
        keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', key: key.key, timestamp }),
      ]
    })
  )
}
