import { defineConfig } from '@adonisjs/shield'

/** Of the admin pages: nothing inline, nothing from elsewhere, every form with our token. */
export default defineConfig({
  csp: {
    enabled: true,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  csrf: { enabled: true, methods: ['POST', 'PUT', 'PATCH', 'DELETE'] },
  hsts: { enabled: false },
  xFrame: { enabled: true, action: 'DENY' },
  contentTypeSniffing: { enabled: true },
})
