/** What an OpenMetrics text is sent as. */
export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** One number of a family. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric family. Counters have names without `_total`; a unit is the end of the name. */
export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly unit?: 'seconds' | 'bytes'
  readonly samples: readonly Sample[]
}

/** Families as OpenMetrics text, version 1.0. Families without samples are left out. */
export function openMetrics(families: readonly Family[]): string {
  const lines: string[] = []
  for (const { name, type, help, unit, samples } of families) {
    if (samples.length === 0) continue
    lines.push(`# TYPE ${name} ${type}`)
    if (unit) lines.push(`# UNIT ${name} ${unit}`)
    lines.push(`# HELP ${name} ${escaped(help)}`)
    const sample = type === 'counter' ? `${name}_total` : name
    for (const { labels, value } of samples) lines.push(`${sample}${labelText(labels)} ${value}`)
  }
  return `${[...lines, '# EOF'].join('\n')}\n`
}

function labelText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
