import type { FieldValue } from '../core/field.ts'
import type { SlateItem } from '../core/run.ts'
import { type Column, valueAt } from '../core/table.ts'
import { type Decision, receiptOf } from '../wheel/decide.ts'
import type { Runtime } from '../wheel/runtime.ts'
import type { AskedDecision } from './decide-request.ts'

/** A decision in the words of the API. */
export function answerOf(runtime: Runtime, decision: Decision, asked: AskedDecision) {
  const fields = asked.fields && [...new Set(asked.fields)]
  return {
    decisionId: decision.decisionId,
    receipt: asked.preview ? null : receiptOf(runtime, decision),
    useCase: decision.plan.useCase.id,
    items: decision.items.map((item) => ({
      id: item.id,
      position: item.position,
      score: item.score,
      propensity: item.propensity,
      sources: item.sources,
      ...(fields ? { fields: fieldsOf(decision, item, fields) } : {}),
      ...(asked.explain ? { explanation: explanationOf(decision, item) } : {}),
    })),
    model: decision.model,
    variant: decision.variant,
    degraded: decision.degraded,
  }
}

function fieldsOf({ context: { items } }: Decision, item: SlateItem, fields: readonly string[]) {
  const slot = items.slotOf(item.id)
  return Object.fromEntries(fields.map((field) => [field, written(items.column(field), slot)]))
}

/** A stored value as it was pushed: null where missing, float32 columns as the decimals they stand for. */
function written(column: Column | null, slot: number): FieldValue | null {
  const value = valueAt(column, slot)
  if (value === undefined) return null
  const float32 =
    (column?.kind === 'number' || column?.kind === 'numbers') &&
    column.values instanceof Float32Array
  if (!float32) return value
  return typeof value === 'number' ? shortest(value) : (value as readonly number[]).map(shortest)
}

/** The shortest decimal that is this float32. */
function shortest(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value
  for (let digits = 6; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits))
    if (Math.fround(decimal) === value) return decimal
  }
  return Number(value.toPrecision(9))
}

/** One head stands alone; several stand side by side under their outcomes. Fallback items have none. */
export function explanationOf(
  { scorer, matrix }: Pick<Decision, 'scorer' | 'matrix'>,
  { row }: Pick<SlateItem, 'row'>,
) {
  if (row < 0) return null
  const heads = scorer.explain(matrix, row)
  if (heads.size !== 1) return { heads: Object.fromEntries(heads) }
  const [{ raw, bias, link, contributions }] = heads.values()
  return { raw, bias, link, contributions }
}

/** Where the time went, for `Server-Timing`: the whole, and each stage that waited. */
export function serverTiming(decision: Decision, endMs: number): string {
  const waited = decision.trace.stages
    .filter(({ ioMs }) => ioMs > 0)
    .map(({ stage, name, ioMs }) => `${stage}_${name.replace(/[^a-z0-9_]/gi, '_')};dur=${ioMs}`)
  return [`total;dur=${endMs - decision.decidedAtMs}`, ...waited].join(', ')
}
