import { Counter, Gauge, Histogram } from 'prom-client'

/** Streams are not timed, because their duration depends on the reader. */
export const requestDuration = new Histogram({
  name: 'quartermaster_http_request_duration_seconds',
  help: 'Duration of requests, by route, method and class of status.',
  labelNames: ['route', 'method', 'status'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
})

export const bodiesRejected = new Counter({
  name: 'quartermaster_http_bodies_rejected_total',
  help: 'Requests rejected because their body arrived too slowly (timeout), or because their address or this process had too many unfinished bodies.',
  labelNames: ['reason'] as const,
})

export const streamsRejected = new Counter({
  name: 'quartermaster_event_streams_rejected_total',
  help: 'Event streams that were not opened because the customer or this process had too many.',
  labelNames: ['reason'] as const,
})

/** Measures the open event streams and the unfinished bodies of this process. */
export function measureConnections(open: { streams(): number; unfinishedBodies(): number }) {
  new Gauge({
    name: 'quartermaster_event_streams',
    help: 'Open event streams.',
    collect() {
      this.set(open.streams())
    },
  })
  new Gauge({
    name: 'quartermaster_http_unfinished_bodies',
    help: 'Requests whose body has not arrived completely.',
    collect() {
      this.set(open.unfinishedBodies())
    },
  })
}
