import app from '@adonisjs/core/services/app'
import { subscriptions } from '../app/parcels/subscriptions.ts'

const messaging = await app.container.make('messaging')
messaging.subscribe('parcels', subscriptions)
