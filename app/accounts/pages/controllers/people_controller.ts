import encryption from '@adonisjs/core/services/encryption'
import type { HttpContext } from '@adonisjs/core/http'
import { shownSlice, sliceOf } from '#admin/pagination'
import { STAFF_ROLES } from '../../people/change_role.ts'
import { countPeople, findPerson, listInvitations, listPeople } from '../../people/list_people.ts'
import { tokensOf } from '../../people/services.ts'
import { sessionsOf } from '../../credentials/sessions.ts'
import { peopleFilterValidator } from '../validators.ts'

/** The staff and the services. */
export default class PeopleController {
  async index({ request, view }: HttpContext) {
    const query = request.qs()
    const slice = sliceOf(query)
    const filter = await peopleFilterValidator.validate(query)
    const [rows, counts, invitations] = await Promise.all([
      listPeople(filter, slice),
      countPeople(),
      listInvitations(),
    ])
    const shown = shownSlice(rows, slice, ({ name, id }) => [name, id], query)
    return view.render('accounts::pages/people', {
      ...{ query, filter, counts, invitations, slice: shown, roles: STAFF_ROLES },
    })
  }

  async show({ params, session, view }: HttpContext) {
    const person = await findPerson(params.id)
    const [sessions, tokens] = await Promise.all([
      sessionsOf(person.id, session.sessionId),
      tokensOf(person.id),
    ])
    const newToken = encryption.decrypt(session.flashMessages.get('newToken', ''), 'new token')
    return view.render('accounts::pages/person', {
      ...{ person, sessions, tokens, newToken, roles: STAFF_ROLES },
    })
  }
}
