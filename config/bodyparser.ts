import { defineConfig } from '@adonisjs/core/bodyparser'

export default defineConfig({
  allowedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  // An empty string is an empty string: `"email": ""` must not pass as "no e-mail given".
  json: { convertEmptyStringsToNull: false, types: ['application/json'], limit: '256kb' },
  form: { convertEmptyStringsToNull: false, types: [], limit: '256kb' },
  multipart: { autoProcess: false, types: [] },
})
