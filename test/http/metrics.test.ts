import { describe, expect, it } from 'vitest'
import { countAt, type MetricCell, noCounts } from '../../src/wheel/metric-counts.ts'
import { linesOf, type MetricQuery } from '../../src/wheel/metric-groups.ts'
import { jsonOf, testApp } from './fixtures/app.ts'
import { NOW_MS } from './fixtures/runtime.ts'
import { useCases } from './fixtures/use-cases.ts'

const HOUR_MS = 3_600_000
const hourMs = Math.floor(NOW_MS / HOUR_MS) * HOUR_MS
const [{ id }] = useCases

/** 100 decisions of ten items, 400 of them seen, 40 clicked and 4 of those taken back. */
function cell(over: Partial<MetricCell> = {}): MetricCell {
  const counts = noCounts()
  counts.decisions = 100
  const times = (count: number, work: () => void) => Array.from({ length: count }, work)
  times(1_000, () => countAt(counts, 's', 1))
  times(400, () => countAt(counts, 'i', 1))
  times(40, () => countAt(counts, 'o:click', 1))
  times(4, () => countAt(counts, 'o:click', 1, true))
  return { hourMs, variant: 'control', model: null, counts, ...over }
}

function appWith(cells: readonly MetricCell[]) {
  const app = testApp()
  const asked: MetricQuery[] = []
  Object.assign(app.runtime, {
    metrics: {
      async read(_: string, query: MetricQuery) {
        asked.push(query)
        return linesOf(cells, query.by)
      },
      totals: async () => ({
        groups: [
          {
            ...{ variant: 'a"b\\\n', model: null, decisions: 7, served: 70, impressions: 50 },
            impressionsTakenBack: 1,
            outcomes: [{ name: 'click', counted: 5, takenBack: 2 }],
          },
        ],
        ...{ late: 1, dropped: 0, pending: 3 },
      }),
    },
  })
  return { ...app, asked }
}

describe('metrics of a use case', () => {
  it('have rates of what was exposed, with intervals, without what was taken back', async () => {
    const { send } = appWith([cell()])
    const answer = await jsonOf(await send({ path: `/v1/metrics/${id}?by=variant` }))
    expect(answer.total).toMatchObject({
      decisions: 100,
      impressions: 400,
      outcomes: { click: 36 },
    })
    const exposures = answer.exposure === 'served' ? 1_000 : 400
    const { rate, low, high } = (answer.total as { rates: { click: Record<string, number> } }).rates
      .click
    expect(rate).toBe(36 / exposures)
    expect(low).toBeLessThan(rate)
    expect(high).toBeGreaterThan(rate)
    expect(answer.groups).toMatchObject([{ key: 'control', decisions: 100 }])
  })

  it('have no interval where there are more outcomes than exposures, and no rate without any', async () => {
    const counts = noCounts()
    countAt(counts, 'o:click', 1)
    const rates = async (cells: readonly MetricCell[]) =>
      (await jsonOf(await appWith(cells).send({ path: `/v1/metrics/${id}` }))).total
    expect(await rates([cell({ counts })])).toMatchObject({ rates: { click: null } })
    countAt(counts, 'i', 1)
    countAt(counts, 's', 1)
    countAt(counts, 'o:click', 1)
    expect(await rates([cell({ counts })])).toMatchObject({
      rates: { click: { rate: 2, low: null, high: null } },
    })
  })

  it('are of whole hours, the last day by default', async () => {
    const { send, asked } = appWith([])
    await send({ path: `/v1/metrics/${id}` })
    await send({ path: `/v1/metrics/${id}?from=${hourMs + 5}&to=2026-09-21T23:00:00Z&by=hour` })
    expect(asked).toEqual([
      { fromMs: hourMs - 23 * HOUR_MS, toMs: hourMs + HOUR_MS, by: null },
      { fromMs: hourMs, toMs: Date.parse('2026-09-21T23:00:00Z'), by: 'hour' },
    ])
  })

  it('say what is wrong with a question', async () => {
    const { send } = appWith([])
    const problem = async (query: string, useCase = id) => {
      const { status, errors } = await jsonOf(
        await send({ path: `/v1/metrics/${useCase}${query}` }),
      )
      return [status, errors?.[0].path]
    }
    expect(await problem('?by=user', 'nobody')).toEqual([404, undefined])
    expect(await problem('?by=user')).toEqual([400, 'by'])
    expect(await problem('?since=1')).toEqual([400, 'since'])
    expect(await problem('?from=yesterday')).toEqual([400, 'from'])
    expect(await problem(`?from=${NOW_MS}&to=5`)).toEqual([400, 'from'])
    expect(await problem('?from=1&from=2')).toEqual([400, 'from'])
    expect((await send({ path: `/v1/metrics/${id}`, key: 'pk_now' })).status).toBe(403)
  })

  it('are the same from an empty lake', async () => {
    const { send } = appWith([])
    const answer = await jsonOf(await send({ path: `/v1/metrics/${id}?source=lake&by=model` }))
    expect(answer).toMatchObject({ source: 'lake', total: { decisions: 0 }, groups: [] })
  })

  it('tell at most a hundred models, the others as one', () => {
    const cells = Array.from({ length: 150 }, (_, i) => cell({ model: `m@${i}` }))
    const { groups, total } = linesOf(cells, 'model')
    expect(groups.length).toBe(101)
    expect(groups.at(-1)).toMatchObject({ key: 'other', decisions: 5_000 })
    expect(total.decisions).toBe(15_000)
  })
})

describe('OpenMetrics', () => {
  it('is as the format wants it', async () => {
    const { send } = appWith([])
    const response = await send({ path: '/metrics' })
    expect(response.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    )
    const text = await response.text()
    expect(text.endsWith('\n# EOF\n')).toBe(true)
    expect(text).toContain(
      `edgewheel_decisions_total{use_case="${id}",variant="a\\"b\\\\\\n",model="prior"} 7\n`,
    )
    const families = new Map<string, string>()
    for (const line of text.split('\n').slice(0, -2)) {
      const [, kind, name, rest] = /^# (TYPE|UNIT|HELP) (\w+) (.+)$/.exec(line) ?? []
      if (kind === 'TYPE') {
        expect(families.has(name)).toBe(false)
        families.set(name, rest)
      } else if (kind === 'UNIT') expect(name.endsWith(`_${rest}`)).toBe(true)
      else if (!kind) {
        const [, sample] =
          /^(\w+)(?:\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)*\})? -?[\d.e+]+$/.exec(line) ?? []
        const last = [...families].at(-1) as [string, string]
        expect(sample).toBe(last[1] === 'counter' ? `${last[0]}_total` : last[0])
      }
    }
    expect(families.get('edgewheel_outcomes_retracted')).toBe('counter')
    expect(families.get('edgewheel_outbox_bytes')).toBe('gauge')
  })

  it('leaves out what cannot be read', async () => {
    const { send, runtime } = appWith([])
    Object.assign(runtime, { backlog: () => Promise.reject(new Error('down')) })
    const text = await (await send({ path: '/metrics' })).text()
    expect(text).toContain('edgewheel_decisions_total')
    expect(text).not.toContain('outbox')
    expect((await send({ path: '/metrics', key: 'pk_now' })).status).toBe(403)
  })
})
