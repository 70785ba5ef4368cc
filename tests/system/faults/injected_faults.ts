/** What app_with_faults.ts reads from its file. */
export interface Troubles {
  /**
   * Where the first process that comes by kills itself: before the send, after the acknowledgement and
   * before the mark, or after the effects and before the offset.
   */
  dieAt?:
    | `before-publish-${'orders' | 'inventory'}`
    | `after-publish-${'orders' | 'inventory'}`
    | `after-effect-${'orders' | 'inventory'}`
  /** The share of acknowledgements, from 0 to 1, that are lost on their way. */
  cutAcks?: number
  /** Milliseconds that the app's clock goes ahead of the true one. */
  clockMs?: number
}
