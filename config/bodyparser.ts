import { defineConfig } from '@adonisjs/core/bodyparser'

export default defineConfig({
  allowedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  // An empty string is an empty string: `"email": ""` must not pass as "no e-mail given".
  json: { convertEmptyStringsToNull: false, types: ['application/json'], limit: '256kb' },
  // Of the admin pages; the API refuses them before they are read.
  form: {
    convertEmptyStringsToNull: false,
    types: ['application/x-www-form-urlencoded'],
    limit: '256kb',
  },
  multipart: { autoProcess: false, types: [] },
})
