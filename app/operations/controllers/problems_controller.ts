import { STATUS_CODES } from 'node:http'
import type { HttpContext } from '@adonisjs/core/http'
import { notFound } from '#http/problem'
import { allProblems } from '#http/problem_catalogue'

/** A page for each problem, at the URL in its `type`. */
export default class ProblemsController {
  async index({ view }: HttpContext) {
    const problems = [...allProblems()].map(([code, { status, title }]) => ({
      code,
      status,
      title,
    }))
    return view.render('operations::problems', { problems })
  }

  async show({ params, view }: HttpContext) {
    const problem = allProblems().get(params.code)
    if (!problem) throw notFound('problem')
    const words = STATUS_CODES[problem.status]
    return view.render('operations::problem', { code: params.code, words, ...problem })
  }
}
