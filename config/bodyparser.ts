import { defineConfig } from '@adonisjs/core/bodyparser'

export default defineConfig({
  allowedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
  // Keep empty strings: `"email": ""` must not pass as a missing e-mail address.
  json: { convertEmptyStringsToNull: false, types: ['application/json'], limit: '256kb' },
  // For the admin pages. The API rejects forms before reading them.
  form: {
    convertEmptyStringsToNull: false,
    types: ['application/x-www-form-urlencoded'],
    limit: '256kb',
  },
  multipart: { autoProcess: false, types: [] },
})
