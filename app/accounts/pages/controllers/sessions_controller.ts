import type { HttpContext } from '@adonisjs/core/http'
import { chooseFileAgain } from '#admin/failed_page'
import { goTo, isOwnPage } from '#admin/notices'
import { Problem } from '#http/problem'
import { auditSignIn } from '../../audit/write_audit.ts'
import { logIn } from '../../sign_in/log_in.ts'
import { accountOfSession, beginSession } from '../../credentials/sessions.ts'
import { logInFormValidator, keptFormValidator } from '../validators.ts'
import { reportSessionEnded } from '../../credentials/credential_watcher.ts'

/** Signing in and out at the admin pages. */
export default class SessionsController {
  async create(ctx: HttpContext) {
    const { request, session, view } = ctx
    const next: unknown = request.input('next')
    if (await accountOfSession(session.sessionId))
      return goTo(ctx, isOwnPage(next) ? next : '/admin')
    return view.render('accounts::pages/login', { next })
  }

  async store(ctx: HttpContext) {
    const { request, response, session, view } = ctx
    const sent = request.only(['email', 'password', 'next', 'resume'])
    try {
      const { email, password } = await logInFormValidator.validate(sent)
      const account = await logIn(email, password, request.ip())
      if (account.role === 'customer') throw staffOnly()
      await auditSignIn(ctx, account, 303)
      await beginSession(ctx, account)
    } catch (error) {
      if (!isRefusal(error)) throw error
      const { password, ...kept } = sent
      const state = { ...kept, refusal: error }
      return response.status(error.status).send(await view.render('accounts::pages/login', state))
    }
    const form = await interruptedForm(sent.resume)
    if (!form) return goTo(ctx, isOwnPage(sent.next) ? sent.next : '/admin')
    if (form.upload) return chooseFileAgain(ctx, form)
    session.put('interrupted', form)
    return goTo(ctx, '/admin/resume')
  }

  /** Shows the form that the sign-in interrupted, for submission. */
  async resume(ctx: HttpContext) {
    const form = ctx.session.pull('interrupted')
    return form ? ctx.view.render('admin::form_not_submitted', { form }) : goTo(ctx, '/admin')
  }

  async destroy(ctx: HttpContext) {
    const { auth, session } = ctx
    const { sessionId } = session
    const account = await accountOfSession(sessionId)
    if (account) await auditSignIn(ctx, account, 303)
    await auth.use('web').logout()
    session.clear()
    reportSessionEnded(sessionId)
    return goTo(ctx, '/admin/login')
  }
}

function staffOnly() {
  return new Problem(
    'role_not_allowed',
    'Customer accounts cannot use the admin pages. Sign in with a staff account.'
  )
}

function isRefusal(error: unknown): error is Error & { status: number } {
  const { status } = error as { status?: number }
  return error instanceof Problem || (status !== undefined && status < 500)
}

async function interruptedForm(text: unknown) {
  if (typeof text !== 'string' || text === '') return null
  try {
    const form = await keptFormValidator.validate(JSON.parse(text))
    return isOwnPage(form.action) ? form : null
  } catch {
    return null
  }
}
