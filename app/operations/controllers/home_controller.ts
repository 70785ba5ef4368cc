import type { HttpContext } from '@adonisjs/core/http'
import app from '@adonisjs/core/services/app'
import { publicUrl } from '#config/app'
import { mailDestination } from '#config/mail'
import { firstOrderCommands } from '../first_steps.ts'

export default class HomeController {
  async index({ view }: HttpContext) {
    return view.render('operations::home', {
      publicUrl,
      mailDestination,
      development: app.inDev,
      commands: app.inDev ? firstOrderCommands() : [],
    })
  }
}
