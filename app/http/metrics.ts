/*
 * What HTTP counts as it works; https://prometheus.io/docs/practices/naming/.
 */
import { Gauge, Histogram } from 'prom-client'
import { openStreams } from './event_stream.ts'

/** A stream is counted while it is open and timed never: how long a reader stays is not our doing. */
export const requestDuration = new Histogram({
  name: 'quartermaster_http_request_duration_seconds',
  help: 'Requests by route, method and class of status, and how long their answers took.',
  labelNames: ['route', 'method', 'status'] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
})

new Gauge({
  name: 'quartermaster_event_streams',
  help: 'Event streams that are open.',
  collect() {
    this.set(openStreams())
  },
})
