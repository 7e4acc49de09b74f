import type { Figure, Measurement } from './results.ts'

/** One measurement as text: a line a figure, aims beside it. */
export function tableOf({ name, figures, notes }: Measurement): string {
  const width = Math.max(...figures.map(({ what }) => what.length))
  const lines = figures.map((figure) => {
    const { lowerQuartile, upperQuartile, median } = figure.value
    const values = `${number(median, figure).padStart(12)}`
    const range =
      lowerQuartile === upperQuartile
        ? ''
        : `  ${number(lowerQuartile, figure)} – ${number(upperQuartile, figure)}`
    const aim = figure.aim ? `  aim ${figure.aim.text}: ${figure.aim.met ? 'met' : 'MISSED'}` : ''
    return `  ${figure.what.padEnd(width)} ${values}${range}${aim}`
  })
  return [name, ...lines, ...notes.map((note) => `  (${note})`)].join('\n')
}

function number(value: number, { unit }: Figure): string {
  if (unit === 'bytes') return `${Math.round(value).toLocaleString('en')} B`
  if (unit === '$') return `$${value.toFixed(value < 0.1 ? 4 : 2)}`
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits)}${unit === 'ratio' ? '×' : ` ${unit}`}`
}
