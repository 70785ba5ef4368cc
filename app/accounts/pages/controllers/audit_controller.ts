import type { HttpContext } from '@adonisjs/core/http'
import { auditLabelOf, labelledRoutes } from '#admin/audit_labels'
import { sendSpreadsheet } from '#admin/csv'
import { shownSlice, sliceOf } from '#admin/pagination'
import { timesOfDays } from '#http/list_parameters'
import { auditLines } from '../../audit/audit_csv.ts'
import { namesOf, readAudit, listStaff, type AuditFilter } from '../../audit/read_audit.ts'
import { auditFilterValidator } from '../validators.ts'

/** The audit of staff actions, as a page and as CSV. */
export default class AuditController {
  async index({ request, view, zone }: HttpContext) {
    const query = request.qs()
    const shown = await auditFilterValidator.validate(query)
    const slice = sliceOf(query)
    const [rows, people] = await Promise.all([readAudit(filterOf(shown, zone), slice), listStaff()])
    const names = await namesOf(rows.map(({ thing }) => thing))
    return view.render('accounts::pages/audit', {
      ...{ query, filter: shown, people, names, auditLabelOf, acts: labelledRoutes() },
      slice: shownSlice(rows, slice, ({ id }) => [id], query),
    })
  }

  async export(ctx: HttpContext) {
    const shown = await auditFilterValidator.validate(ctx.request.qs())
    return sendSpreadsheet(ctx, 'audit.csv', auditLines(filterOf(shown, ctx.zone)))
  }
}

type ShownFilter = Awaited<ReturnType<typeof auditFilterValidator.validate>>

/** Actions are selected by their label. */
function filterOf({ person, act, thing, from, to }: ShownFilter, zone: string): AuditFilter {
  return {
    ...{ person, thing },
    acts: act ? (labelledRoutes().find(({ words }) => words === act)?.routes ?? [act]) : undefined,
    ...timesOfDays(from, to, zone),
  }
}
