/*
 * A partition without a leader must not stop the others. kafkajs 2.2.4 throws when the metadata of a topic
 * contains one (LEADER_NOT_AVAILABLE), so it sends to and fetches from no partition of the topic until all
 * have leaders. With this patch, as with Kafka's own clients, such a partition has the leader -1: a send to
 * it fails, and a fetch leaves it out.
 */
import { oncePerProcess, patchResponses } from './private_files.ts'

/** Versions of the metadata request that kafkajs knows. */
const VERSIONS = 7

interface Metadata {
  topicMetadata: {
    partitionMetadata: { partitionErrorCode: number; leader: number }[]
  }[]
}

/** @throws Error with another version of kafkajs */
export const tolerateLeaderlessPartitions = oncePerProcess(() => {
  patchResponses<Metadata>('metadata', VERSIONS, (data) => {
    for (const partition of data.topicMetadata.flatMap((topic) => topic.partitionMetadata)) {
      if (partition.partitionErrorCode !== 0) partition.leader = -1
      partition.partitionErrorCode = 0
    }
    return data
  })
})
