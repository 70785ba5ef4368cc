/*
 * What the shop of the dump sells, and to whom. All names are made up.
 */

const euro = (amount: number) => ({ amount, currency: 'EUR' })

/** Release 0.1.0 keeps a GTIN-14 apart from the UPC-12 and the EAN-13 that it contains. */
export const PRODUCTS = [
  { sku: 'MUG-RED', name: 'Red mug', price: euro(1_250), onHand: 400, barcodes: ['036000291452'] },
  {
    sku: 'MUG-RED-CASE',
    name: 'Red mugs, 12',
    price: euro(13_900),
    onHand: 40,
    barcodes: ['00036000291452'],
  },
  {
    sku: 'MUG-BLUE',
    name: 'Blue mug',
    price: euro(1_250),
    onHand: 300,
    barcodes: ['4006381333931'],
  },
  {
    sku: 'MUG-BLUE-CASE',
    name: 'Blue mugs, 12',
    price: euro(13_900),
    onHand: 40,
    barcodes: ['04006381333931'],
  },
  {
    sku: 'PLATE-WHITE',
    name: 'White plate',
    price: euro(990),
    onHand: 500,
    barcodes: ['40170725'],
  },
  // Decomposed letters, as a Mac writes them.
  { sku: 'KAESE', name: 'Bergk\u0061\u0308se, gereift', price: euro(2_190), onHand: 200 },
  { sku: 'TEA-GREEN', name: 'Green tea, 100 g', price: euro(790), onHand: 350, lowStockAt: 20 },
  { sku: 'JAR-LARGE', name: 'Large storage jar', price: euro(1_690), onHand: 30, lowStockAt: 25 },
  { sku: '0017', name: 'Sample pack', price: euro(0), onHand: 100 },
  { sku: 'TRAY-OAK', name: 'Oak tray', price: euro(3_200), onHand: 60 },
  {
    sku: 'PAPRIKA',
    name: 'Paprika, 500 g',
    price: { amount: 349_000, currency: 'HUF' },
    onHand: 90,
  },
  { sku: 'DATES', name: 'Dates, 1 kg', price: { amount: 12_500_000, currency: 'IQD' }, onHand: 90 },
  { sku: 'CHAWAN', name: 'Tea bowl', price: { amount: 4_800, currency: 'JPY' }, onHand: 90 },
  { sku: 'PEARLS', name: 'Pearls', price: { amount: 12_345, currency: 'KWD' }, onHand: 90 },
]

const at = (name: string, street: string, city: string, country: string) => ({
  shipTo: { name, address: [street, city], country },
})

/** The first four have accounts. */
export const CUSTOMERS = [
  {
    email: 'ada@example.com',
    name: 'Ada Berg',
    ...at('Ada Berg', 'Am Kai 3', '20457 Hamburg', 'DE'),
  },
  {
    email: 'bela@example.com',
    name: 'Béla Kiss',
    ...at('Béla Kiss', 'Fő utca 12', '1011 Budapest', 'HU'),
  },
  {
    email: 'chie@example.com',
    name: 'Chie Mori',
    ...at('Chie Mori', '2-4-1 Ueno', 'Tokyo 110-0005', 'JP'),
  },
  {
    email: 'dana@example.com',
    name: 'Dana Haddad',
    ...at('Dana Haddad', '5 Gulf Road', 'Kuwait', 'KW'),
  },
  { email: 'emil@example.com', name: 'Emil Lund' },
  { email: 'fatima@example.com', name: 'Fatima Aziz' },
  { email: 'goran@example.com', name: 'Goran Ilić' },
]

export const STOCK_COUNT = `sku,counted,name,price
MUG-BLUE,290,,
PLATE-WHITE,488,,
KAESE,,,22.50
BOWL-GREEN,60,Green bowl,14.90
`

/** Tried, and never applied. */
export const WITH_ERRORS = `sku;received;barcode
MUG-RED;48;
NO-SUCH;12;
TEA-GREEN;12,5;
1-MAR;3;
`

/** Scanned one after the other. */
export const DELIVERY = ['MUG-RED*24', '4006381333931', '4006381333931', 'TEA-GREEN*40']
