import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type ClusterShape, javaArguments } from './node_settings.ts'
import { retryUntil, withAdmin } from './readiness.ts'

/**
 * Makes a node the leader of a partition, and waits until the cluster says so (1.5 s; some 4 s after a kill).
 * `addresses` gives the nodes that run now, as `host:port`. Throws if there is no such topic or
 * partition, or if a step does not come about within 60 s.
 */
export async function moveLeader(
  shape: ClusterShape,
  addresses: () => string[],
  { topic, partition, node }: { topic: string; partition: number; node: number }
) {
  const ask = <T>(question: Parameters<typeof withAdmin<T>>[1]) => withAdmin(addresses(), question)
  // Right after a fault some requests still go to the node that is gone: each is tried again.
  const seek = <T>(what: string, attempt: () => Promise<T | undefined>) =>
    retryUntil(`${what} of ${topic}/${partition}`, attempt)

  /** The partition as the cluster sees it now; null if there is none. */
  const partitionNow = async () => {
    try {
      const { topics } = await ask((admin) => admin.fetchTopicMetadata({ topics: [topic] }))
      return topics[0].partitions.find(({ partitionId }) => partitionId === partition) ?? null
    } catch (error) {
      if ((error as { type?: string }).type === 'UNKNOWN_TOPIC_OR_PARTITION') return null
      throw error
    }
  }

  const before = await seek('look-up', partitionNow)
  if (!before) throw new Error(`Kafka has no topic ${topic} with a partition ${partition}`)
  if (before.leader === node) return

  // The preferred leader is the first replica: put the node there, then elect.
  const others = before.replicas.filter((replica) => replica !== node)
  const replicas = [node, ...others].slice(0, before.replicas.length)
  const change = { topic, partitionAssignment: [{ partition, replicas }] }
  await seek('reassignment', async () => {
    await ask((admin) => admin.alterPartitionReassignments({ topics: [change] }))
    return true
  })
  await seek(`copy on node ${node}`, async () => {
    const now = await partitionNow()
    return now?.isr.includes(node) || undefined
  })
  await electPreferredLeader(shape, addresses().join(','), topic, partition)
  await seek(`move to node ${node}`, async () => {
    const now = await partitionNow()
    return now?.leader === node || undefined
  })
}

/** By Kafka's own tool: kafkajs does not speak this request. */
async function electPreferredLeader(
  shape: ClusterShape,
  bootstrap: string,
  topic: string,
  partition: number
) {
  const what = ['--election-type', 'preferred', '--topic', topic, '--partition', `${partition}`]
  const tool = ['org.apache.kafka.tools.LeaderElectionCommand', '--bootstrap-server', bootstrap]
  await promisify(execFile)('java', [...javaArguments(shape), ...tool, ...what])
}
