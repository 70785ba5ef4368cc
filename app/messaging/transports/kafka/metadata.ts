/*
 * One partition without a leader must not stop the others. kafkajs 2.2.4 throws when the metadata of a topic
 * tells of one (LEADER_NOT_AVAILABLE), so nothing is sent to or fetched from any partition of that topic
 * until it has a leader again. Kafka's own clients take the others as they are, and so do we: a partition
 * without a leader has leader -1, a send to it fails and a fetch leaves it out.
 */
import { privateFile } from './kafkajs_private.ts'

const VERSIONS = [0, 1, 2, 3, 4, 5, 6]

interface Metadata {
  topicMetadata: {
    partitionMetadata: { partitionErrorCode: number; leader: number }[]
  }[]
}

interface Response {
  parse(data: Metadata): Promise<Metadata>
}

let tolerant = false

/**
 * Makes the kafkajs of this process so, once.
 *
 * @throws Error with a kafkajs that is built in another way
 */
export function tolerateLeaderlessPartitions() {
  if (tolerant) return
  tolerant = true
  for (const version of VERSIONS) {
    const path = `protocol/requests/metadata/v${version}/response.js`
    const response = privateFile<Response>(path)
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
}
