import env from '#start/env'

/** Milliseconds after which an order that waits for inventory's answer is told to it again. */
export const answerTimeout = env.get('ANSWER_TIMEOUT')

/** Orders that are taken at once in this process; others wait for their turn, or are sent away for a second. */
export const placementsAtOnce = env.get('PLACEMENTS_AT_ONCE')
