/*
 * The second boundary check, and the fourth (below): ways into another module that are not imports, such as
 * `db.connection('inventory')` or its schema's name in SQL. dependency-cruiser checks the imports;
 * they are refused here as well, so that the editor shows them at once.
 */
import { configApp } from '@adonisjs/eslint-config'

/** Modules with a connection, role, schema and topic of the module's name. */
const OWNERS = ['orders', 'inventory', 'accounts']
const MODULES = [...OWNERS, 'operations']

/** A selector's regular expression ends at the first slash, even an escaped one. */
const inSelector = (pattern) => pattern.replaceAll('/', '\\u002F')

/** Matches an import of one of these folders, by alias or by path. */
function importOf(folders) {
  const names = folders.join('|')
  return `^#(?:(?:app|database)/)?(?:${names})(?:/|$)|^[.]{1,2}/(?:.*/)?(?:${names})/`
}

function importRules(folders, advice) {
  const pattern = importOf(folders)
  return [
    { patterns: [{ regex: pattern, message: `Modules meet only in app/contracts. ${advice}` }] },
    [
      ':matches(ImportExpression, TSImportType, TSExternalModuleReference) Literal[value=/PATTERN/]',
      'ImportExpression TemplateElement[value.cooked=/PATTERN/]',
    ].map((selector) => ({
      selector: selector.replace('PATTERN', inSelector(pattern)),
      message: `Modules meet only in app/contracts, by a lazy or a type import as well. ${advice}`,
    })),
  ]
}

/**
 * Another module's name is allowed in prose and comments, URL paths (`/api/v1/orders`), abilities
 * (`orders:read`) and message types (`quartermaster.orders.order_placed.v1`). It is refused as a
 * whole string, as a schema (`orders.lines`), and as a role or connection (`orders_owner`). Take a
 * topic from app/contracts, and link another module's pages by URL, not by route name.
 */
function nameRules(owners, advice) {
  const names = owners.join('|')
  // Found: `from inventory.stock_items`, `"inventory"."stock_items"`. Not: `/inventory.csv`, a.inventory.b
  const schema =
    `(?:^|[^\\w.#/:@-])(?:${names})"?[.]["\\w*]` +
    `|search_path[^;]*[^\\w](?:${names})(?:[^\\w]|$)` +
    `|(?:^|[^\\w])(?:${names})_(?:app|direct|owner)(?:[^\\w]|$)`
  const own = `This is the name of another module's connection, schema or topic. ${advice}`
  const inside = `This reads like a table, a role or a route of another module. ${advice}`
  return [
    { selector: `Literal[value=/^(?:${names})$/]`, message: own },
    {
      selector: `TemplateLiteral[expressions.length=0] > TemplateElement[value.cooked=/^(?:${names})$/]`,
      message: own,
    },
    { selector: `Literal[value=/${inSelector(schema)}/i]`, message: inside },
    { selector: `TemplateElement[value.cooked=/${inSelector(schema)}/i]`, message: inside },
    {
      // The generated index of controllers contains every module's controllers.
      selector: `MemberExpression[object.name="controllers"]:matches([property.name=/^(?:${names})$/], [property.value=/^(?:${names})$/])`,
      message: `Each module routes to its own controllers. ${advice}`,
    },
  ]
}

/** KERNEL_TABLES of app/messaging/schema.ts, which tests/architecture/walls.spec.ts compares with it. */
const KERNEL_TABLES =
  'consumer_runs|dead_letters|inbox|messaging_state|messaging_steps|operator_acts|outbox|parked_keys|' +
  'replays|suspects|unreadable_batches|waiting_keys|worker_roles'

/** The fourth boundary check: the kernel may change its tables, so nothing outside it names them in a statement. */
function kernelTableRules() {
  const message =
    'This is a table of the messaging kernel. Call a function of app/messaging, or add one there.'
  const name = `(?:[\\w"]+[.])?"?(?:${KERNEL_TABLES})"?`
  const inStatement = `(?:^|[^\\w])(?:from|join|into|update|table|only|truncate|references|lock|vacuum|analyze)[ \\n]+${name}(?:[^\\w]|$)`
  return [
    { selector: `Literal[value=/${inStatement}/i]`, message },
    { selector: `TemplateElement[value.cooked=/${inStatement}/i]`, message },
    {
      selector: `CallExpression[callee.property.name=/^(?:from|table|into|join|\\w+Join)$/] > Literal[value=/^${name}(?: as .*)?$/i]`,
      message,
    },
  ]
}

function boundaries({ folders, names, advice, tables = kernelTableRules() }) {
  const [imports, lazyImports] = importRules(folders, advice)
  return {
    'no-restricted-imports': ['error', imports],
    'no-restricted-syntax': ['error', ...lazyImports, ...nameRules(names, advice), ...tables],
  }
}

const ADVICE_OF_SHARED_FOLDERS =
  'This folder serves every module: let config/ or start/ hand in the name.'

/** Words that a reader of English stumbles over → what to write instead. */
const PLAIN_WORDS = [
  [/\bso long\b/i, '"this long", "until" or "as long as"'],
  [/\banew\b/i, '"again"; products are "republished"'],
  [/\bin vain\b/i, '"without effect" or "without a reply"'],
  [/\bnone of ours\b/i, '"not found" or "not ours"'],
  [/\bfor ever\b/i, '"indefinitely"'],
  [/\b(?:lays?|laid) down\b/i, '"dead-letters", "dead-lettered"'],
  [/\b(?:tells?|told|said) again\b/i, '"re-sends", "re-sent"'],
  [/\b(?:send|sends|sent|sending) away\b/i, '"reject", "shed" (load)'],
  [/\bwho(?:so)?ever\b/i, 'the noun: "the caller", "the next owner", "anyone who"'],
  [/\bbur(?:y|ies|ied|ial|ials|ying)\b/i, '"dead-letter"'],
  [/\bmourn(?:s|ed|ing)?\b/i, '"log dead letters"'],
  [/\bmend(?:s|ed|ing)?\b/i, '"fix" or "repair"'],
  [/\btakes? no notice\b/i, '"ignores"'],
  [/\b(?:goes|go|going|gone|went) on with\b/i, '"resume" or "continue"'],
]

/** Refuses the words above in comments and in strings. */
const plainWords = {
  meta: { type: 'suggestion', schema: [] },
  create(context) {
    const check = (node, text) => {
      for (const [word, instead] of PLAIN_WORDS) {
        const [found] = word.exec(text) ?? []
        if (found)
          context.report({ node, loc: node.loc, message: `Not "${found}": write ${instead}.` })
      }
    }
    return {
      Program: () => context.sourceCode.getAllComments().forEach((each) => check(each, each.value)),
      Literal: (node) => typeof node.value === 'string' && check(node, node.value),
      TemplateElement: (node) => check(node, node.value.cooked ?? ''),
    }
  },
}

/** Names of the browser, and `htmx`, that the scripts of the pages use. */
const BROWSER_GLOBALS = (
  'AbortController AbortSignal AudioContext DOMParser Event EventSource FormData GainNode HTMLElement ' +
  'OscillatorNode URLSearchParams addEventListener clearTimeout crypto customElements document fetch htmx ' +
  'localStorage location navigator setInterval setTimeout window'
).split(' ')

export default configApp(
  {
    name: 'Never linted',
    ignores: [
      '.adonisjs/**',
      'app/admin/assets/htmx.min.js',
      '.data/**',
      'build/**',
      'coverage/**',
      'database/*/schema.ts',
    ],
  },
  {
    // Benchmarks and tests look at a running shop from outside. Released migrations never change.
    name: "The kernel's tables",
    files: ['app/**/*.ts', 'config/**/*.ts', 'database/**/*.ts', 'start/**/*.ts'],
    ignores: ['app/messaging/**', 'database/*/migrations/**'],
    rules: { 'no-restricted-syntax': ['error', ...kernelTableRules()] },
  },
  ...OWNERS.flatMap((module) => {
    const boundary = {
      folders: MODULES.filter((other) => other !== module),
      names: OWNERS.filter((other) => other !== module),
      advice: 'Send a message, or declare a port in app/contracts that start/ connects.',
    }
    return [
      {
        name: `Boundary of ${module}`,
        files: [`app/${module}/**/*.ts`, `database/${module}/**/*.ts`],
        rules: boundaries(boundary),
      },
      {
        name: `Boundary of ${module}, migrations`,
        files: [`database/${module}/migrations/*.ts`],
        rules: boundaries({ ...boundary, tables: [] }),
      },
    ]
  }),
  {
    name: 'Plain words',
    files: ['{app,start,config,database,tests,bench,bin}/**/*.{ts,js}', '*.cjs'],
    plugins: { words: { rules: { plain: plainWords } } },
    rules: { 'words/plain': 'error' },
  },
  {
    name: 'Scripts of the pages',
    files: ['app/**/assets/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: Object.fromEntries(BROWSER_GLOBALS.map((name) => [name, 'readonly'])),
    },
    rules: {
      'eqeqeq': 'error',
      'no-undef': 'error',
      'no-unused-vars': 'error',
      'no-var': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
    },
  },
  {
    name: 'Tests',
    files: ['tests/**/*.ts'],
    rules: {
      // `(await published()).length` reads well in a test.
      '@unicorn/no-await-expression-member': 'off',
    },
  },
  {
    name: 'Folders that name no module',
    files: [
      'app/console/**/*.ts',
      'app/http/**/*.ts',
      'app/mail/**/*.ts',
      'app/postgres/**/*.ts',
      'app/runtime/**/*.ts',
    ],
    rules: boundaries({ folders: MODULES, names: OWNERS, advice: ADVICE_OF_SHARED_FOLDERS }),
  },
  {
    name: 'The messaging kernel',
    files: ['app/messaging/**/*.ts'],
    rules: boundaries({
      folders: MODULES,
      names: OWNERS,
      advice: ADVICE_OF_SHARED_FOLDERS,
      tables: [],
    }),
  }
)
