/*
 * Read by .dependency-cruiser.cjs as its "webpackConfig"; there is no webpack here.
 *
 * The aliases of package.json (`#orders/*`) end in `.js` while the files end in `.ts`. Without this
 * mapping they all stay unresolved and most rules pass on anything.
 */
module.exports = { resolve: { extensionAlias: { '.js': ['.ts', '.js'] } } }
