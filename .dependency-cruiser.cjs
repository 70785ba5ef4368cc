/*
 * The first wall: who may import whom. Every import goes down:
 *
 *   start → orders | inventory | accounts | operations → contracts → messaging
 *
 * tests/architecture/walls.spec.ts plants a violation of each kind and expects it to be named here.
 */
const owners = ['orders', 'inventory', 'accounts']
const modules = '(orders|inventory|accounts|operations)'
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
        'Contracts are what both sides of a boundary share. Whatever they import is shared as well, ' +
        'so they get the means to define a message and to describe its data, and nothing else.',
      severity: 'error',
      from: { path: '^app/contracts/' },
      to: {
        pathNot: [
          '^app/contracts/',
          '^app/messaging/message[.]ts$',
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
      to: { path: ours, pathNot: '^app/messaging/' },
    },
    {
      name: 'http-names-no-module',
      comment:
        'The manners of our HTTP (problems, cursors, If-Match) are the same for every module, so ' +
        'they know none: only contracts and messaging lie below them.',
      severity: 'error',
      from: { path: '^app/http/' },
      to: { path: ours, pathNot: '^app/(http|contracts|messaging)/' },
    },
    {
      name: 'mail-names-no-module',
      comment:
        'The mail sender delivers what modules put on their own lists; texts and recipients belong ' +
        'to the modules.',
      severity: 'error',
      from: { path: '^app/mail/' },
      to: { path: ours, pathNot: '^app/(mail|contracts|messaging)/' },
    },
    {
      name: 'middleware-names-no-module',
      comment:
        'Middleware and exception handlers run for every module, also where only one is deployed. ' +
        'What they need of a module comes through a port in app/contracts.',
      severity: 'error',
      from: { path: '^app/(middleware|exceptions)/' },
      to: { path: `^(app|database)/${modules}/` },
    },
    {
      name: 'nothing-reaches-up-to-start',
      comment:
        'start/ is the composition root: it knows everybody, so whoever imports it knows everybody. ' +
        'The names of the middleware in start/kernel.ts are for every routes.ts.',
      severity: 'error',
      from: { path: '^app/' },
      to: { path: '^start/', pathNot: '^start/kernel[.]ts$' },
    },
    {
      name: 'kafkajs-only-in-its-transport',
      comment:
        'The client library is slow to load and can be replaced: kafka*.ts alone import it, lazily, behind ' +
        'the transport port.',
      severity: 'error',
      from: {
        path: '^(app|start|config|database)/',
        pathNot: [
          '^app/messaging/transports/kafka[.]ts$',
          '^app/messaging/transports/kafka_client[.]ts$',
          '^app/messaging/transports/kafka_contents[.]ts$',
          '^app/messaging/transports/kafka_membership[.]ts$',
          '^app/messaging/transports/kafka_metadata[.]ts$',
        ],
      },
      to: { path: '(^|/)node_modules/kafkajs/|^kafkajs(/|$)' },
    },
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
        'An import that resolves to nothing is invisible to every other rule here: a green wall ' +
        'would mean nothing.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    // Imports of types alone vanish when compiled. They tie modules together all the same.
    tsPreCompilationDeps: true,
    webpackConfig: { fileName: '.dependency-cruiser.resolve.cjs' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
}
