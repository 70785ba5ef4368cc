import { defineConfig } from '@adonisjs/shield'

/** Routes of forms that are submitted before sign-in. */
const PUBLIC_FORMS = ['desk.login.store', 'desk.invitation.accept']

/** For the admin pages: no inline code, no other origins, and a CSRF token in every form. */
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
    // A form whose session has expired is not executed, but kept until the person has signed in again.
    exceptRoutes: ({ route, session }) =>
      !session.has('signedIn') && !PUBLIC_FORMS.includes(route!.name!),
  },
  hsts: { enabled: false },
  xFrame: { enabled: true, action: 'DENY' },
  contentTypeSniffing: { enabled: true },
})
