/*
 * A partition without a leader must not stop the others. kafkajs 2.2.4 throws when the metadata of a topic
 * contains one (LEADER_NOT_AVAILABLE), so it sends to and fetches from no partition of the topic until all
 * have leaders. With this patch, as with Kafka's own clients, such a partition has the leader -1: a send to
 * it fails, and a fetch leaves it out.
 */
import { oncePerProcess, privateFile } from './private_files.ts'

const VERSIONS = [0, 1, 2, 3, 4, 5, 6]

interface Metadata {
  topicMetadata: {
    partitionMetadata: { partitionErrorCode: number; leader: number }[]
  }[]
}

interface Response {
  parse(data: Metadata): Promise<Metadata>
}

/** @throws Error with another version of kafkajs */
export const tolerateLeaderlessPartitions = oncePerProcess(() => {
  for (const version of VERSIONS) {
    const response = privateFile<Response>(`protocol/requests/metadata/v${version}/response.js`)
    const { parse } = response
    response.parse = (data) => {
      for (const { partitionMetadata } of data.topicMetadata) {
        for (const partition of partitionMetadata) {
          if (partition.partitionErrorCode !== 0) partition.leader = -1
          partition.partitionErrorCode = 0
        }
      }
      return parse(data)
    }
  }
})
