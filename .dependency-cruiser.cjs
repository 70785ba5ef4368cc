/*
 * The first boundary check: which folder may import which. Every import goes down:
 *
 *   start → demo → orders | inventory | accounts | operations → contracts → messaging
 *
 * tests/architecture/walls.spec.ts plants a violation of each kind and expects this configuration to report it.
 */
const owners = ['orders', 'inventory', 'accounts']
const modules = '(orders|inventory|accounts|operations)'
const inventoryFolders = [
  'stock',
  'products',
  'reservations',
  'imports',
  'receipts',
  'low_stock',
  'api',
  'pages',
  'commands',
]
const ours = '^(app|start|config|database|tests|bench|bin|[.]adonisjs)/'

module.exports = {
  forbidden: [
    {
      name: 'modules-meet-only-in-contracts',
      comment:
        'A module that imports another one cannot be deployed alone. What crosses the boundary is a ' +
        'message or a port in app/contracts, and start/ connects the two sides.',
      severity: 'error',
      from: { path: `^(?:app|database)/${modules}/` },
      to: { path: `^(?:app|database)/${modules}/`, pathNot: '^(app|database)/$1/' },
    },
    ...owners.map((owner) => ({
      name: `database-of-${owner}-is-its-own`,
      comment:
        `Tables, generated columns and factories of ${owner} are its private matter: only the module ` +
        'itself, the set-up of all schemas, start/ and tests may know them.',
      severity: 'error',
      from: { pathNot: [`^(app|database)/${owner}/`, '^database/setup', '^(start|tests)/'] },
      to: { path: `^database/${owner}/` },
    })),
    {
      name: 'contracts-use-the-message-alone',
      comment:
        'Both sides of a boundary share the contracts and everything these import, so contracts import ' +
        'only what they need to define messages.',
      severity: 'error',
      from: { path: '^app/contracts/' },
      to: {
        pathNot: [
          '^app/contracts/',
          '^app/messaging/message/message[.]ts$',
          '(^|/)node_modules/@vinejs/vine/',
        ],
      },
    },
    {
      name: 'messaging-stands-alone',
      comment:
        'The kernel names no module and could be published as a package of its own. It is configured ' +
        'from outside, through its provider.',
      severity: 'error',
      from: { path: '^app/messaging/' },
      to: { path: ours, pathNot: '^app/(messaging|postgres|runtime|console)/' },
    },
    {
      name: 'foundations-know-nothing-above-them',
      comment:
        'app/postgres, app/runtime and app/console are the foundations of the messaging kernel and travel ' +
        'with it, so they import only each other.',
      severity: 'error',
      from: { path: '^app/(postgres|runtime|console)/' },
      to: { path: ours, pathNot: '^app/(postgres|runtime|console)/' },
    },
    {
      name: 'http-names-no-module',
      comment:
        'The conventions of our HTTP API (problems, cursors, If-Match) are the same for every module, so ' +
        'this folder names none: only contracts and messaging are below it.',
      severity: 'error',
      from: { path: '^app/http/' },
      to: { path: ours, pathNot: '^app/(http|contracts|messaging|postgres|runtime)/' },
    },
    {
      name: 'mail-names-no-module',
      comment:
        'The mail queue delivers what modules put into their own tables; texts and recipients belong ' +
        'to the modules.',
      severity: 'error',
      from: { path: '^app/mail/' },
      to: { path: ours, pathNot: '^app/(mail|contracts|messaging|postgres|runtime)/' },
    },
    {
      name: 'middleware-names-no-module',
      comment:
        'Middleware and exception handlers run for every module, even if only one is deployed. They reach ' +
        'a module through a port in app/contracts.',
      severity: 'error',
      from: { path: '^app/(middleware|exceptions)/' },
      to: { path: `^(app|database)/${modules}/` },
    },
    {
      name: 'admin-names-no-module',
      comment:
        'The layout and the parts of the admin pages serve every module. Navigation entries, audit ' +
        'labels and pages come from the modules, through start/.',
      severity: 'error',
      from: { path: '^app/admin/' },
      to: { path: `^(app|database)/${modules}/` },
    },
    {
      name: 'config-imports-only-libraries',
      comment:
        'Modules read config/, so config/ reads none of them, nor database/. It may configure the ' +
        'folders that read no settings themselves, and name the model of the signed-in person.',
      severity: 'error',
      from: { path: '^config/' },
      to: {
        path: ours,
        pathNot: [
          '^config/',
          '^start/env[.]ts$',
          '^app/(http|mail|messaging|postgres|runtime)/',
          '^app/accounts/models/account[.]ts$',
        ],
      },
    },
    {
      name: 'orders-store-imports-no-layer-above',
      comment:
        'app/orders/store holds the SQL of orders. Use cases, live streams, presentation and HTTP problems ' +
        'depend on it, so it imports only the pure rules of an order. A placement also writes its idempotency key.',
      severity: 'error',
      from: { path: '^app/orders/store/' },
      to: {
        path: '^app/(orders|http)/',
        pathNot: [
          '^app/orders/store/',
          '^app/orders/(order_state_machine|order_lines|target)[.]ts$',
          '^app/http/idempotency[.]ts$',
        ],
      },
    },
    {
      name: 'only-start-imports-the-demo',
      comment:
        'The demo is a customer of all modules: it calls their use cases and their API, and the app ' +
        'works without it.',
      severity: 'error',
      from: { path: '^(app|config|database)/', pathNot: '^app/demo/' },
      to: { path: '^app/demo/' },
    },
    {
      name: 'orders-use-cases-import-no-presentation',
      comment:
        'The use cases at the root of app/orders are called from the API, pages, commands and consumers. ' +
        'They return orders, and each caller decides how to show them.',
      severity: 'error',
      from: { path: '^app/orders/[^/]+[.]ts$', pathNot: '^app/orders/(openapi|routes)[.]ts$' },
      to: { path: '^app/orders/(commands|controllers|live|mails|pages|transformers)/' },
    },
    {
      name: 'nothing-reaches-up-to-start',
      comment:
        'start/ is the composition root and imports everything, so a file that imports it depends on everything. ' +
        'The names of the middleware in start/kernel.ts are the exception, for every routes.ts.',
      severity: 'error',
      from: { path: '^app/' },
      to: { path: '^start/', pathNot: '^start/kernel[.]ts$' },
    },
    {
      name: 'kafkajs-only-in-its-transport',
      comment:
        'The client library is slow to load and can be replaced: only transports/kafka/ imports it, lazily, behind ' +
        'the transport port.',
      severity: 'error',
      from: {
        path: '^(app|start|config|database)/',
        pathNot: '^app/messaging/transports/kafka/',
      },
      to: { path: '(^|/)node_modules/kafkajs/|^kafkajs(/|$)' },
    },
    {
      name: 'inventory-use-cases-know-no-presentation',
      comment:
        'Use cases of inventory serve the API, the pages and the commands alike. Shapes that they return ' +
        'or accept are their own.',
      severity: 'error',
      from: { path: '^app/inventory/(stock|products|reservations|imports|receipts|low_stock)/' },
      to: { path: '^app/inventory/(api|pages|commands)/' },
    },
    // Each folder of inventory may import only the folders before it in this list.
    ...inventoryFolders.slice(0, -1).map((folder, index) => ({
      name: 'inventory-folders-form-no-circle',
      comment:
        `The ledger knows none of its users, and folders that import each other can only be read ` +
        `together. app/inventory/${folder} may import only: ${inventoryFolders.slice(0, index).join(', ') || 'none'}.`,
      severity: 'error',
      from: { path: `^app/inventory/${folder}/` },
      to: { path: `^app/inventory/(${inventoryFolders.slice(index + 1).join('|')})/` },
    })),
    {
      name: 'production-code-imports-no-tests',
      comment: 'Tests and benchmarks are not part of what is deployed.',
      severity: 'error',
      from: { path: '^(app|start|config|database)/' },
      to: { path: '^(tests|bench)/' },
    },
    {
      name: 'no-circles',
      comment:
        'Files in a circle can only be read, tested and loaded together; types count, because a ' +
        'reader follows them too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolvable',
      comment:
        'An import that does not resolve is invisible to every other rule, so a passing check would mean nothing.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
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
