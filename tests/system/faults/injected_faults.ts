/** The content of the file that app_with_faults.ts reads. */
export interface InjectedFaults {
  /**
   * Where the first process to get there kills itself: before the send, between acknowledgement and mark, or
   * between effect and offset.
   */
  crashAt?:
    | `before-publish-${'orders' | 'inventory'}`
    | `after-publish-${'orders' | 'inventory'}`
    | `after-effect-${'orders' | 'inventory'}`
  /** Share of acknowledgements that are lost, 0 to 1. */
  cutAcks?: number
  /** Milliseconds by which the app's clock is ahead. */
  clockMs?: number
}
