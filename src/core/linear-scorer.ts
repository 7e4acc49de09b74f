import { EdgewheelError } from './errors.ts'
import { STATUSES } from './field.ts'
import { textOfNumber } from './linear-hash.ts'
import { applyLink, type LinearHead, type LinearModel } from './linear-model.ts'
import { type BoundTerm, bindTerm } from './linear-terms.ts'
import { categoriesAt, type FeatureMatrix } from './matrix.ts'
import type { BoundScorer, Contribution, Feature, HeadExplanation } from './stage.ts'

/** Adds `weight × column` of eight terms in one pass; per row the order is that of the terms. */
function addEight(
  run: readonly BoundTerm[],
  { values: v, stride, rows }: FeatureMatrix,
  raw: Float64Array,
): void {
  const [a, b, c, d, e, f, g, h] = run.map((term) => term.columns[0] * stride)
  const [wa, wb, wc, wd, we, wf, wg, wh] = run.map((term) => term.plainWeight as number)
  for (let r = 0; r < rows; r++)
    raw[r] =
      raw[r] +
      wa * v[a + r] +
      wb * v[b + r] +
      wc * v[c + r] +
      wd * v[d + r] +
      we * v[e + r] +
      wf * v[f + r] +
      wg * v[g + r] +
      wh * v[h + r]
}

/** The terms in order, with runs of eight plain ones taken together. */
function stepsOf(terms: readonly BoundTerm[]): readonly Pick<BoundTerm, 'add'>[] {
  const steps: Pick<BoundTerm, 'add'>[] = []
  for (let i = 0; i < terms.length; i++) {
    const run = terms.slice(i, i + 8)
    if (run.length === 8 && run.every((term) => term.plainWeight !== undefined)) {
      steps.push({ add: (matrix, raw) => addEight(run, matrix, raw) })
      i += 7
    } else steps.push(terms[i])
  }
  return steps
}

class BoundHead {
  readonly head: LinearHead
  readonly #features: readonly Feature[]
  readonly #terms: readonly BoundTerm[]
  readonly #steps: readonly Pick<BoundTerm, 'add'>[]
  readonly #bias: number

  constructor(head: LinearHead, features: readonly Feature[]) {
    if (!Number.isFinite(head.bias))
      throw new EdgewheelError('model_rejected', `head '${head.outcome}': the bias is not finite`)
    this.head = head
    this.#features = features
    this.#terms = head.terms.map((term) => bindTerm(term, features))
    this.#steps = stepsOf(this.#terms)
    // Of -0 and unlisted categories, which add 0, the two ways below would differ in the sign of zero.
    this.#bias = head.bias + 0
  }

  raw(matrix: FeatureMatrix): Float64Array {
    const raw = new Float64Array(matrix.rows).fill(this.#bias)
    for (const step of this.#steps) step.add(matrix, raw)
    return raw
  }

  explain(matrix: FeatureMatrix, row: number): HeadExplanation {
    const contributions: Contribution[] = []
    let raw = this.#bias
    for (const term of this.#terms) {
      const index = term.columns[0]
      const column = matrix.categories[index]
      const value = column ? categoriesAt(column, row) : matrix.values[index * matrix.stride + row]
      const worst = Math.max(...term.columns.map((c) => matrix.status[c * matrix.stride + row]))
      term.explain(matrix, row, (input, weight, contribution) => {
        raw += contribution
        contributions.push({
          feature: term.feature,
          value: term.columns.length > 1 ? this.#values(term, matrix, row) : value,
          status: STATUSES[worst],
          input,
          weight,
          contribution,
        })
      })
    }
    const { link } = this.head
    return { raw, bias: this.#bias, link, value: applyLink(link, raw), contributions }
  }

  #values(term: BoundTerm, matrix: FeatureMatrix, row: number): string[] {
    return term.columns.map((index) => {
      const column = matrix.categories[index]
      const value = column
        ? categoriesAt(column, row).join(',')
        : textOfNumber(matrix.values[index * matrix.stride + row])
      return `${this.#features[index].name}=${value}`
    })
  }
}

/**
 * Binds a linear model to a chain's features. One head: score = link(raw). Several: score =
 * Σ objective[outcome] × link(raw), in the order of the heads. Throws `model_rejected` where a term
 * does not fit the features.
 */
export function bindLinear(model: LinearModel, features: readonly Feature[]): BoundScorer {
  const heads = model.heads.map((head) => new BoundHead(head, features))
  const names = model.heads.map((head) => head.outcome)
  return {
    heads: names,
    score(matrix) {
      if (heads.length === 1) {
        const raw = heads[0].raw(matrix)
        const { link } = heads[0].head
        if (link !== 'identity')
          for (let r = 0; r < raw.length; r++) raw[r] = applyLink(link, raw[r])
        return raw
      }
      const scores = new Float64Array(matrix.rows)
      for (const bound of heads) {
        const raw = bound.raw(matrix)
        const weight = model.objective[bound.head.outcome] ?? 0
        for (let r = 0; r < raw.length; r++)
          scores[r] += weight * applyLink(bound.head.link, raw[r])
      }
      return scores
    },
    explain: (matrix, row) =>
      new Map(heads.map((head, i) => [names[i], head.explain(matrix, row)])),
  }
}
