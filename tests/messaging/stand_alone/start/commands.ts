import { ListLoader } from '@adonisjs/core/ace'
import DeadLettersList from '#messaging/commands/dead_letters/list'
import DeadLettersRedrive from '#messaging/commands/dead_letters/redrive'
import MessagingVerify from '#messaging/commands/messaging_verify'

const commands = new ListLoader([DeadLettersList, DeadLettersRedrive, MessagingVerify])

export const getMetaData = commands.getMetaData.bind(commands)
export const getCommand = commands.getCommand.bind(commands)
