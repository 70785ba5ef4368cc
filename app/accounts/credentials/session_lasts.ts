import { SIGN_IN_HOURS } from '#config/session'

/** Condition on a row of `sessions`: neither idle for too long nor signed in too long ago. */
export const SESSION_LASTS = /* sql */ `(
  sessions.expires_at > now()
  and (sessions.data::json #>> '{message,signedIn,at}')::timestamptz
    > now() - interval '${SIGN_IN_HOURS} hours')`
