/*
 * Validates messages against /asyncapi.json.
 */
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { asyncApi } from '#start/documents/asyncapi'

export const document = asyncApi({ topicPrefix: 'shop.' })

const ajv = new Ajv({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(document, 'asyncapi')

/**
 * @param message - its name: `order_placed.v1`
 * @param part - `key`: the schema of the key in the Kafka binding
 * @returns the validation errors, in words
 */
export function faultsOf(message: string, part: 'headers' | 'payload' | 'key', value: unknown) {
  const place = part === 'key' ? 'bindings/kafka/key' : part
  const validate = ajv.getSchema(`asyncapi#/components/messages/${message}/${place}`)
  if (!validate) return [`there is no message ${message}`]
  return validate(value) ? [] : validate.errors!.map((error) => ajv.errorsText([error]))
}
