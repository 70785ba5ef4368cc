import type { KeyPage } from '#contracts/ports/key_page'

let pages: KeyPage[] = []

/** The modules that run here contribute the pages of their keys. */
export function useKeyPages(contributed: KeyPage[]) {
  pages = contributed
}

/** The page of the object that a message key names; null when no module here has one. */
export function pageOfKey(key: string): string | null {
  return pages.map((page) => page(key)).find((page) => page !== null) ?? null
}
