import { defineConfig } from '@adonisjs/shield'

/** What those send who are not signed in yet. */
const DOORS = ['/admin/login', '/admin/invitation']

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
  csrf: {
    enabled: true,
    methods: ['POST', 'PUT', 'PATCH', 'DELETE'],
    // A form whose session has ended is not taken: it is kept until its sender has signed in again.
    exceptRoutes: ({ request, session }) =>
      !session.has('signedIn') && !DOORS.includes(request.url()),
  },
  hsts: { enabled: false },
  xFrame: { enabled: true, action: 'DENY' },
  contentTypeSniffing: { enabled: true },
})
