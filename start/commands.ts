/*
 * The commands of all modules. A command imports its dependencies when it runs, because nothing may read the
 * settings before `prepareEnvironment`.
 */
import { ListLoader } from '@adonisjs/core/ace'
import AccountsCreate from '#accounts/commands/accounts_create'
import DbEmbedded from '#database/commands/db_embedded'
import DbSchema from '#database/commands/db_schema'
import DbSetup from '#database/commands/db_setup'
import DemoSeed from '#demo/demo_seed'
import DemoTraffic from '#demo/demo_traffic'
import InventoryAnnounce from '#inventory/commands/inventory_announce'
import InventoryReconcile from '#inventory/commands/inventory_reconcile'
import StockImport from '#inventory/commands/stock_import'
import ConsumersSkip from '#messaging/commands/consumers_skip'
import DeadLettersAccept from '#messaging/commands/dead_letters/accept'
import DeadLettersDiscard from '#messaging/commands/dead_letters/discard'
import DeadLettersList from '#messaging/commands/dead_letters/list'
import DeadLettersRedrive from '#messaging/commands/dead_letters/redrive'
import DeadLettersShow from '#messaging/commands/dead_letters/show'
import MessagingActs from '#messaging/commands/messaging_acts'
import MessagingTopics from '#messaging/commands/messaging_topics'
import MessagingVerify from '#messaging/commands/messaging_verify'
import OutboxPrune from '#messaging/commands/outbox_prune'
import OutboxReplay from '#messaging/commands/outbox_replay'
import OutboxReplays from '#messaging/commands/outbox_replays'
import OutboxStatus from '#messaging/commands/outbox_status'
import OutboxUnpark from '#messaging/commands/outbox_unpark'
import OperationsReconcile from '#operations/commands/operations_reconcile'
import OrdersLife from '#orders/commands/orders_life'
import OrdersShow from '#orders/commands/orders_show'
import MessagingContracts from '#start/documents/contracts_command'
import OpenApi from '#start/documents/openapi_command'
import MessagingWork from '#start/workers/work_command'

const modules = (process.env.MODULES || 'orders,inventory').split(',').map((name) => name.trim())

/** Leaves out the commands of modules that run elsewhere. */
function of(wanted: string[], ...commands: ConstructorParameters<typeof ListLoader>[0]) {
  return wanted.every((module) => modules.includes(module)) ? commands : []
}

const commands = new ListLoader([
  AccountsCreate,
  ConsumersSkip,
  DbEmbedded,
  DbSchema,
  DbSetup,
  DeadLettersAccept,
  DeadLettersDiscard,
  DeadLettersList,
  DeadLettersRedrive,
  DeadLettersShow,
  ...of(['orders', 'inventory'], DemoTraffic),
  ...of(['inventory'], DemoSeed, InventoryAnnounce, InventoryReconcile, StockImport),
  MessagingActs,
  MessagingContracts,
  MessagingTopics,
  MessagingVerify,
  MessagingWork,
  OpenApi,
  OperationsReconcile,
  ...of(['orders'], OrdersLife, OrdersShow),
  OutboxPrune,
  OutboxReplay,
  OutboxReplays,
  OutboxStatus,
  OutboxUnpark,
])

export const getMetaData = commands.getMetaData.bind(commands)
export const getCommand = commands.getCommand.bind(commands)
