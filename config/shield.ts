import { defineConfig } from '@adonisjs/shield'

/** The routes of what those send who are not signed in yet. */
const DOORS = ['desk.login.store', 'desk.invitation.accept']

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
    exceptRoutes: ({ route, session }) => !session.has('signedIn') && !DOORS.includes(route!.name!),
  },
  hsts: { enabled: false },
  xFrame: { enabled: true, action: 'DENY' },
  contentTypeSniffing: { enabled: true },
})
