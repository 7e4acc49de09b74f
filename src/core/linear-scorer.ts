import { STATUSES } from './field.ts'
import { applyLink, type LinearHead, type LinearModel } from './linear-model.ts'
import { type BoundTerm, bindTerm } from './linear-terms.ts'
import { categoriesAt, type FeatureMatrix } from './matrix.ts'
import type { BoundScorer, Contribution, Feature, HeadExplanation } from './stage.ts'

/** Adds runs of `weight × column`, eight columns a pass; per row the order is that of the terms. */
function addPlain(run: readonly BoundTerm[], matrix: FeatureMatrix, raw: Float64Array): void {
  const { values: v, stride, rows } = matrix
  let term = 0
  for (; term + 8 <= run.length; term += 8) {
    const [a, b, c, d, e, f, g, h] = run.slice(term, term + 8).map((one) => one.columns[0] * stride)
    const [wa, wb, wc, wd, we, wf, wg, wh] = run
      .slice(term, term + 8)
      .map((one) => one.plainWeight as number)
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
  for (; term < run.length; term++) {
    const base = run[term].columns[0] * stride
    const weight = run[term].plainWeight as number
    for (let r = 0; r < rows; r++) raw[r] += weight * v[base + r]
  }
}

class BoundHead {
  readonly head: LinearHead
  readonly #features: readonly Feature[]
  readonly #terms: readonly BoundTerm[]

  constructor(head: LinearHead, features: readonly Feature[]) {
    this.head = head
    this.#features = features
    this.#terms = head.terms.map((term) => bindTerm(term, features))
  }

  raw(matrix: FeatureMatrix): Float64Array {
    const raw = new Float64Array(matrix.rows).fill(this.head.bias)
    let run: BoundTerm[] = []
    for (const term of this.#terms) {
      if (term.plainWeight !== undefined) {
        run.push(term)
        continue
      }
      if (run.length > 0) addPlain(run, matrix, raw)
      run = []
      term.add(matrix, raw)
    }
    if (run.length > 0) addPlain(run, matrix, raw)
    return raw
  }

  explain(matrix: FeatureMatrix, row: number): HeadExplanation {
    const contributions: Contribution[] = []
    let raw = this.head.bias
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
    const { bias, link } = this.head
    return { raw, bias, link, value: applyLink(link, raw), contributions }
  }

  #values(term: BoundTerm, matrix: FeatureMatrix, row: number): string[] {
    return term.columns.map((index) => {
      const column = matrix.categories[index]
      const value = column
        ? categoriesAt(column, row).join(',')
        : String(matrix.values[index * matrix.stride + row])
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
