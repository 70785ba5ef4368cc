/*
 * The order's life as a picture and a table, made by walking every state that `move` can reach.
 */
import {
  allowedMoves,
  awaitsAnswer,
  move,
  STATUSES,
  type Answer,
  type Move,
  type OrderState,
  type Status,
  type Trigger,
} from './order_status.ts'

interface Edge {
  from: Status
  on: string
  result: Move
}

const FIRST: OrderState = {
  status: 'pending',
  revision: 1,
  heldRevision: null,
  wasConfirmed: false,
  stockSettled: false,
}
/** Later revisions lead to no state of another kind. */
const MOST_REVISIONS = 4

/** The page `docs/order-life.md`. */
export function orderLife(): string {
  const edges = walk()
  return `${[
    '# The life of an order',
    '',
    'Made from `app/orders/order_status.ts` by `node ace orders:life`; a check fails when the two differ.',
    '',
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> pending: placed',
    ...arrows(edges),
    ...STATUSES.filter((status) => isEnd(edges, status)).map((status) => `  ${status} --> [*]`),
    '```',
    '',
    'Each move is one step of the timeline and one version of the order, committed with its message and its mail.',
    '',
    ...table(
      ['from', 'on', 'to', 'step', 'says', 'mail'],
      edges.map(({ from, on, result: { to, step, says, mail } }) => {
        return [from, on, to.status, step, says ?? '', mail ?? '']
      })
    ),
    '',
    'What a caller may ask, by status; anything else is a 409 that says the same:',
    '',
    ...table(
      ['status', 'allowed'],
      STATUSES.map((status) => [status, askable(edges, status).join(', ') || 'nothing'])
    ),
  ].join('\n')}\n`
}

/** Every move there is, each kind once. */
function walk(): Edge[] {
  const edges = new Map<string, Edge>()
  const states = new Map([[JSON.stringify(FIRST), FIRST]])
  // A Map hands out what is added while it is walked.
  for (const state of states.values()) {
    for (const trigger of triggers(state)) {
      const result = move(state, trigger)
      if (result.outcome !== 'moved' || result.to.revision > MOST_REVISIONS) continue
      states.set(JSON.stringify(result.to), result.to)
      const edge = { from: state.status, on: nameOf(trigger, state), result }
      edges.set([edge.from, edge.on, result.to.status, result.step, result.mail].join(), edge)
    }
  }
  return [...edges.values()].sort((a, b) => STATUSES.indexOf(a.from) - STATUSES.indexOf(b.from))
}

/**
 * All that can come to an order in this state. Inventory answers what it was told and holds on to what it
 * holds; an answer that comes late can tell of more only while the last one is still to come, or after a
 * cancellation that did not wait for it.
 */
function triggers({ status, revision, heldRevision }: OrderState): Trigger[] {
  const told = Array.from({ length: revision }, (_, n) => n + 1)
  const waiting = awaitsAnswer(status)
  const ends = status === 'cancelled' ? 'released' : status === 'fulfilled' ? 'deducted' : null
  const answers = told.flatMap((answered): Answer[] => {
    const answer = { kind: 'answer' as const, revision: answered }
    if (answered === revision) {
      if (ends) return [{ ...answer, outcome: ends, heldRevision: null }]
      if (!waiting) return []
    } else if (!waiting && status !== 'cancelled') return []
    const refusals = [null, ...told].filter((held) => {
      return held === null ? heldRevision === null : held < answered && held >= (heldRevision ?? 0)
    })
    return [
      { ...answer, outcome: 'reserved', heldRevision: answered },
      ...refusals.map((held) => ({ ...answer, outcome: 'rejected' as const, heldRevision: held })),
    ]
  })
  return [
    { kind: 'revise' },
    { kind: 'cancel' },
    { kind: 'fulfil', revision: heldRevision ?? 0 },
    ...answers,
  ]
}

function nameOf(trigger: Trigger, state: OrderState) {
  switch (trigger.kind) {
    case 'revise':
      return 'change'
    case 'cancel':
      return 'cancellation'
    case 'fulfil':
      return 'fulfilment'
    case 'answer': {
      if (trigger.revision < state.revision) return 'a late answer'
      const held = trigger.outcome === 'rejected' && trigger.heldRevision !== null
      return `stock ${trigger.outcome}${held ? ', something held' : ''}`
    }
  }
}

function arrows(edges: Edge[]) {
  const labels = new Map<string, Set<string>>()
  for (const { from, on, result } of edges) {
    if (result.to.status === from && on === 'a late answer') continue
    const arrow = `  ${from} --> ${result.to.status}`
    labels.set(arrow, (labels.get(arrow) ?? new Set()).add(on))
  }
  return [...labels].map(([arrow, names]) => `${arrow}: ${[...names].join(' / ')}`)
}

function isEnd(edges: Edge[], status: Status) {
  return edges.every(({ from, result }) => from !== status || result.to.status === status)
}

function askable(edges: Edge[], status: Status) {
  const [state] = [FIRST, ...edges.map((edge) => edge.result.to)].filter(
    (one) => one.status === status
  )
  return allowedMoves(state)
}

function table(head: string[], rows: string[][]) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}
