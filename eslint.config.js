/*
 * The second wall: the ways into another module that imports do not show, such as
 * `db.connection('inventory')` or its schema's name in SQL. dependency-cruiser sees the imports;
 * they are refused here as well, so that the editor says so at once.
 */
import { configApp } from '@adonisjs/eslint-config'

/** The modules that own connections, a role, a schema and a topic, each of the module's name. */
const OWNERS = ['orders', 'inventory', 'accounts']
const MODULES = [...OWNERS, 'operations']

/** A selector ends its regular expression at the first slash, escaped or not. */
const inSelector = (pattern) => pattern.replaceAll('/', '\\u002F')

/** An import of one of these folders, by alias or by path. */
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
 * Prose and comments, URL paths (`/api/v1/orders`), abilities (`orders:read`) and message types
 * (`quartermaster.orders.order_placed.v1`) may hold a stranger's name. A string that is nothing but
 * the name, or the name as a schema (`orders.lines`), or as a role or connection (`orders_owner`), may
 * not: a topic is taken from app/contracts, and another module's pages are linked by URL, not by
 * route name.
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
      // The generated index of controllers holds those of every module.
      selector: `MemberExpression[object.name="controllers"]:matches([property.name=/^(?:${names})$/], [property.value=/^(?:${names})$/])`,
      message: `Each module routes to its own controllers. ${advice}`,
    },
  ]
}

function walls({ folders, names, advice }) {
  const [imports, lazyImports] = importRules(folders, advice)
  return {
    'no-restricted-imports': ['error', imports],
    'no-restricted-syntax': ['error', ...lazyImports, ...nameRules(names, advice)],
  }
}

export default configApp(
  {
    name: 'Never linted',
    ignores: [
      '.adonisjs/**',
      'app/admin/assets/**',
      '.data/**',
      'build/**',
      'coverage/**',
      'database/*/schema.ts',
    ],
  },
  ...OWNERS.map((module) => ({
    name: `Wall around ${module}`,
    files: [`app/${module}/**/*.ts`, `database/${module}/**/*.ts`],
    rules: walls({
      folders: MODULES.filter((other) => other !== module),
      names: OWNERS.filter((other) => other !== module),
      advice: 'Send a message, or declare a port in app/contracts that start/ connects.',
    }),
  })),
  {
    name: 'Tests',
    files: ['tests/**/*.ts'],
    rules: {
      // In a test `(await published()).length` is the sentence.
      '@unicorn/no-await-expression-member': 'off',
    },
  },
  {
    name: 'Folders that name no module',
    files: ['app/messaging/**/*.ts', 'app/http/**/*.ts', 'app/mail/**/*.ts'],
    rules: walls({
      folders: MODULES,
      names: OWNERS,
      advice: 'This folder serves every module: let config/ or start/ hand in the name.',
    }),
  }
)
