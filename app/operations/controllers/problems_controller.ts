import { STATUS_CODES } from 'node:http'
import type { HttpContext } from '@adonisjs/core/http'
import { notFound } from '#http/problem'
import { problemCatalogue, type ProblemKind } from '#http/problem_catalogue'

const catalogue = new Map<string, ProblemKind>(Object.entries(problemCatalogue))

/** The pages that the `type` of each problem leads to. */
export default class ProblemsController {
  async index({ view }: HttpContext) {
    const problems = [...catalogue].map(([code, { status, title }]) => ({ code, status, title }))
    return view.render('operations::problems', { problems })
  }

  async show({ params, view }: HttpContext) {
    const problem = catalogue.get(params.code)
    if (!problem) throw notFound('problem')
    const words = STATUS_CODES[problem.status]
    return view.render('operations::problem', { code: params.code, words, ...problem })
  }
}
