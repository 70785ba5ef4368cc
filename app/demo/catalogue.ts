/** Twelve demo products, one low and one out of stock. Prices in minor units of EUR. */
export const demoCatalogue = [
  { sku: 'MUG-RED', name: 'Red mug', price: 1250, onHand: 120 },
  { sku: 'MUG-BLUE', name: 'Blue mug', price: 1250, onHand: 80 },
  { sku: 'PLATE-WHITE', name: 'White plate', price: 990, onHand: 200 },
  { sku: 'BOWL-GREEN', name: 'Green bowl', price: 1490, onHand: 60 },
  { sku: 'TEA-GREEN', name: 'Green tea, 100 g', price: 790, onHand: 150 },
  { sku: 'TEA-BLACK', name: 'Black tea, 100 g', price: 690, onHand: 140 },
  { sku: 'COFFEE-500', name: 'Coffee beans, 500 g', price: 1390, onHand: 90 },
  { sku: 'KETTLE-STEEL', name: 'Steel kettle', price: 4900, onHand: 25 },
  { sku: 'TRAY-OAK', name: 'Oak tray', price: 3200, onHand: 30 },
  { sku: 'SPOON-SET', name: 'Set of six spoons', price: 1890, onHand: 45 },
  { sku: 'JAR-LARGE', name: 'Large storage jar', price: 1690, onHand: 3 },
  { sku: 'TEAPOT-CLAY', name: 'Clay teapot', price: 5400, onHand: 0 },
]

export const DEMO_CURRENCY = 'EUR'
export const DEMO_LOW_AT = 5
