/*
 * Who orders in the shop of the screenshots, and what is sent to it.
 */
const customer = (name: string, street: string, town: string, country: string) => ({
  name,
  email: `${name
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^a-z ]/g, '')
    .replaceAll(' ', '.')}@example.com`,
  shipTo: { name, address: [street, town], country },
})

export const CUSTOMERS = [
  customer('Anneke de Vries', 'Prinsengracht 18', '1015 DV Amsterdam', 'NL'),
  customer(
    'Bartholomäus Freiherr von Hohenlohe-Langenburg',
    'Am Alten Schlossgarten 112',
    '97990 Weikersheim',
    'DE'
  ),
  customer('Chiara Rossi', 'Via Garibaldi 7', '40124 Bologna', 'IT'),
  customer('Dilek Yılmaz', 'Sonnenallee 41', '12045 Berlin', 'DE'),
  customer('Émile Lefèvre', '3 rue des Lices', '35000 Rennes', 'FR'),
  customer('Freya Lindqvist', 'Götgatan 88', '118 62 Stockholm', 'SE'),
  customer('Grzegorz Nowak', 'ul. Długa 5', '31-147 Kraków', 'PL'),
  customer('Hannah O’Brien', '12 Shandon Street', 'Cork T23 X2P4', 'IE'),
  customer('Iker Etxeberria', 'Calle Mayor 30', '20003 Donostia', 'ES'),
  customer('Jana Svobodová', 'Veveří 14', '602 00 Brno', 'CZ'),
  customer('Kai Petersen', 'Deichstraße 9', '20459 Hamburg', 'DE'),
  customer('Lou Martin', '27 avenue Foch', '69006 Lyon', 'FR'),
]

/** A count of some shelves. */
export const ONE_IMPORT = `SKU;Counted;Shelf
MUG-BLUE;31;A1
PLATE-WHITE;44;A2
BOWL-GREEN;28;A2
TRAY-OAK;31;B4
SPOON-SET;27;B4
`

/** A delivery with what people get wrong. */
export const ONE_WITH_ERRORS = `sku,name,price,currency,received,low_stock_at
MUG-RED,,,,48,
TEA-GREEN,,,,60,
TEA-WHITE,"White tea, 50 g",9.40,EUR,24,6
TEA-GREEN,,,,12,
KETTLE-STEEL,,,,-3,
JAR LARGE,,,,20,
COFFEE-500,,,,1e309,
TEAPOT-CLAY,,,,18,
`
