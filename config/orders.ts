import env from '#start/env'

/** Milliseconds after which an order that waits for inventory's answer is told to it again. */
export const answerTimeout = env.get('ANSWER_TIMEOUT')

/** Placements that may be under way at once in this process; more are sent away for a second. */
export const mostPlacements = env.get('PLACEMENTS_WAITING')
