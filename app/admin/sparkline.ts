/*
 * Sparklines as attributes of an SVG, drawn as steps because stock is constant between movements.
 */
const WIDTH = 120
const HEIGHT = 28
/** Space for the stroke, above and below. */
const MARGIN = 3

/**
 * @param values - from left to right, at equal distances
 * @param low - a reference line; null for none
 */
export function sparkline(values: number[], low: number | null = null) {
  const all = low === null ? values : [...values, low]
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const y = (value: number) => {
    const part = most === least ? 0.5 : (most - value) / (most - least)
    return Math.round((MARGIN + part * (HEIGHT - 2 * MARGIN)) * 10) / 10
  }
  const step = WIDTH / Math.max(1, values.length - 1)
  const path = values
    .map((value, index) =>
      index === 0 ? `M0 ${y(value)}` : `H${Math.round(index * step * 10) / 10}V${y(value)}`
    )
    .join('')
  return {
    path,
    low: low === null ? null : y(low),
    now: y(values.at(-1) ?? 0),
    width: WIDTH,
    height: HEIGHT,
  }
}
