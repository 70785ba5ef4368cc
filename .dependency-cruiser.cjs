/*
 * The first boundary check: which folder may import which. Imports go down the layers of docs/architecture.md.
 * tests/architecture/walls.spec.ts plants a violation of each kind and expects this configuration to report it.
 */
const owners = ['orders', 'inventory', 'accounts']
const modules = '(orders|inventory|accounts|operations)'
const ours = '^(app|start|config|database|tests|bench|bin|[.]adonisjs)/'
const product = '^(app|start|config|database)/'

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const folders = (names) => `^app/(${names.join('|')})/`

const foundations = ['postgres', 'runtime', 'console']

/** The layers below the modules: each imports only its own folders and those in `imports`. */
const layers = [
  {
    name: 'foundations-know-nothing-above-them',
    comment:
      'app/postgres, app/runtime and app/console are the foundations of the messaging kernel and are copied ' +
      'together with it, so they import only each other.',
    folders: foundations,
    imports: [],
  },
  {
    name: 'messaging-stands-alone',
    comment:
      'The kernel names no module and could be published as a package of its own. It is configured ' +
      'from outside, through its provider.',
    folders: ['messaging'],
    imports: foundations,
  },
  {
    name: 'http-names-no-module',
    comment:
      'The conventions of our HTTP API (problems, cursors, If-Match) are the same for every module, so ' +
      'this folder names none: only contracts and messaging are below it.',
    folders: ['http'],
    imports: ['contracts', 'messaging', 'postgres', 'runtime'],
  },
  {
    name: 'mail-names-no-module',
    comment:
      'The mail queue delivers what modules put into their own tables; texts and recipients belong ' +
      'to the modules.',
    folders: ['mail'],
    imports: ['contracts', 'messaging', 'postgres', 'runtime'],
  },
]

/** Folders that serve every module, even if only one is deployed, and so import none. */
const shared = [
  {
    name: 'middleware-names-no-module',
    comment:
      'Middleware and exception handlers run for every module. They reach a module through a port in app/contracts.',
    folders: ['middleware', 'exceptions'],
  },
  {
    name: 'admin-names-no-module',
    comment:
      'The layout and the parts of the admin pages serve every module. Navigation entries, audit ' +
      'labels and pages come from the modules, through start/.',
    folders: ['admin'],
  },
]

/** The folders of inventory: each may import only those before it. */
const useCases = ['stock', 'products', 'reservations', 'imports', 'receipts', 'low_stock']
const presentation = ['api', 'pages', 'commands']

/** The folders of orders: each may import only those before it. */
const ordersFolders = [
  ...['store', 'queries', 'placing', 'changes', 'stock_replies', 'mails', 'live'],
  ...presentation,
]

function laterFolders(module, names) {
  return names.slice(0, -1).map((folder, index) => {
    const before = names.slice(0, index).join(', ') || 'none'
    return rule(
      `${module}-folders-form-no-cycle`,
      'Folders that import each other can only be read together. ' +
        `Among ${names.join(', ')} of app/${module}, ${folder} may import only: ${before}.`,
      { path: `^app/${module}/${folder}/` },
      { path: `^app/${module}/(${names.slice(index + 1).join('|')})/` }
    )
  })
}

module.exports = {
  forbidden: [
    rule(
      'modules-meet-only-in-contracts',
      'A module that imports another one cannot be deployed alone. What crosses the boundary is a ' +
        'message or a port in app/contracts, and start/ connects the two sides.',
      { path: `^(?:app|database)/${modules}/` },
      { path: `^(?:app|database)/${modules}/`, pathNot: '^(app|database)/$1/' }
    ),
    ...owners.map((owner) =>
      rule(
        `database-of-${owner}-is-its-own`,
        `Tables, generated columns and factories of ${owner} are private: only the module ` +
          'itself, the set-up of all schemas, start/ and tests may know them.',
        { pathNot: [`^(app|database)/${owner}/`, '^database/setup', '^(start|tests)/'] },
        { path: `^database/${owner}/` }
      )
    ),
    rule(
      'contracts-use-the-message-alone',
      'Both sides of a boundary share the contracts and everything these import, so contracts import ' +
        'only what they need to define messages.',
      { path: '^app/contracts/' },
      {
        pathNot: [
          '^app/contracts/',
          '^app/messaging/message/message[.]ts$',
          '(^|/)node_modules/@vinejs/vine/',
        ],
      }
    ),
    ...layers.map(({ name, comment, folders: own, imports }) =>
      rule(
        name,
        comment,
        { path: folders(own) },
        { path: ours, pathNot: folders([...own, ...imports]) }
      )
    ),
    ...shared.map(({ name, comment, folders: own }) =>
      rule(name, comment, { path: folders(own) }, { path: `^(app|database)/${modules}/` })
    ),
    rule(
      'config-imports-only-libraries',
      'Modules read config/, so config/ reads none of them, nor database/. It may configure the ' +
        'folders that read no settings themselves, and name the model of the signed-in person.',
      { path: '^config/' },
      {
        path: ours,
        pathNot: [
          '^config/',
          '^start/env[.]ts$',
          '^app/(http|mail|messaging|postgres|runtime)/',
          '^app/accounts/models/account[.]ts$',
        ],
      }
    ),
    rule(
      'orders-store-imports-no-layer-above',
      'app/orders/store holds the SQL of orders. Use cases, live streams, presentation and HTTP problems ' +
        'depend on it, so it imports only the pure rules of an order. A placement also writes its idempotency key.',
      { path: '^app/orders/store/' },
      {
        path: '^app/(orders|http)/',
        pathNot: [
          '^app/orders/store/',
          '^app/orders/(order_state_machine|order_lines)[.]ts$',
          '^app/http/idempotency[.]ts$',
        ],
      }
    ),
    rule(
      'only-start-imports-the-demo',
      'The demo is a customer of all modules: it calls their use cases and their API, and the app ' +
        'works without it.',
      { path: '^(app|config|database)/', pathNot: '^app/demo/' },
      { path: '^app/demo/' }
    ),
    rule(
      'orders-use-cases-import-no-presentation',
      'The use cases of orders are called from the API, pages, commands and consumers. They return orders, ' +
        'and each caller decides how to show them.',
      { path: '^app/orders/((placing|changes|stock_replies|queries)/)?[^/]+[.]ts$' },
      { path: '^app/orders/(api|commands|live|mails|pages)/' }
    ),
    rule(
      'nothing-reaches-up-to-start',
      'start/ is the composition root and imports everything, so a file that imports it depends on everything.',
      { path: '^app/' },
      { path: '^start/' }
    ),
    rule(
      'kafkajs-only-in-its-transport',
      'The client library is slow to load and can be replaced: only transports/kafka/ imports it, lazily, behind ' +
        'the transport port.',
      { path: product, pathNot: '^app/messaging/transports/kafka/' },
      { path: '(^|/)node_modules/kafkajs/|^kafkajs(/|$)' }
    ),
    rule(
      'inventory-use-cases-know-no-presentation',
      'Use cases of inventory serve the API, the pages and the commands alike. Shapes that they return ' +
        'or accept are their own.',
      { path: `^app/inventory/(${useCases.join('|')})/` },
      { path: `^app/inventory/(${presentation.join('|')})/` }
    ),
    ...laterFolders('inventory', useCases),
    ...laterFolders('inventory', presentation),
    ...laterFolders('orders', ordersFolders),
    rule(
      'production-code-imports-no-tests',
      'Tests and benchmarks are not part of what is deployed.',
      { path: product },
      { path: '^(tests|bench)/' }
    ),
    rule(
      'no-cycles',
      'Files in a cycle can only be read, tested and loaded together; types count, because a ' +
        'reader follows them too.',
      {},
      { circular: true }
    ),
    rule(
      'nothing-unresolvable',
      'An import that does not resolve is invisible to every other rule, so a passing check would mean nothing.',
      {},
      { couldNotResolve: true }
    ),
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    // Type imports vanish when compiled, but they are dependencies between modules as well.
    tsPreCompilationDeps: true,
    webpackConfig: { fileName: '.dependency-cruiser.resolve.cjs' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
}
