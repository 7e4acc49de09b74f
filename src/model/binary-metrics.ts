/**
 * How good predicted probabilities are against labels in {0, 1}; null where the metric is undefined
 * for these rows. Rows count by their weight.
 */
export interface BinaryMetrics {
  /** Mean of -ln of the probability given to what happened, clipped to [1e-15, 1 - 1e-15]. */
  readonly logLoss: number | null
  readonly auc: number | null
  /** Mean of (p - y)^2 (Brier, Monthly Weather Review 1950). */
  readonly brier: number | null
  readonly baseRate: number | null
  /** logLoss / entropy of the base rate (He et al., ADKDD 2014); null with one class only. */
  readonly normalizedEntropy: number | null
  /**
   * Expected calibration error over the ten bins [0, .1), .. [.9, 1]: the sum of |sum p - sum y| per
   * bin, divided by the total weight (Naeini et al., AAAI 2015).
   */
  readonly calibrationError: number | null
  /** mean p / mean y; null without positives. */
  readonly calibrationRatio: number | null
}

const bins = 10

/** All metrics at once; weight 1 where `weights` is absent. Weights must not be negative. */
export function binaryMetrics(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  weights?: ArrayLike<number>,
): BinaryMetrics {
  const gap = new Float64Array(bins)
  let total = 0
  let loss = 0
  let squares = 0
  let sumY = 0
  let sumP = 0
  for (let row = 0; row < labels.length; row++) {
    const weight = weights === undefined ? 1 : weights[row]
    const y = labels[row]
    const p = probabilities[row]
    total += weight
    sumY += weight * y
    sumP += weight * p
    loss += weight * pointLogLoss(y, p)
    squares += weight * (p - y) ** 2
    gap[Math.min(bins - 1, Math.floor(p * bins))] += weight * (p - y)
  }
  const mean = (sum: number) => (total > 0 ? sum / total : null)
  const logLoss = mean(loss)
  const baseRate = mean(sumY)
  const entropy =
    baseRate === null || baseRate === 0 || baseRate === 1
      ? null
      : -baseRate * Math.log(baseRate) - (1 - baseRate) * Math.log(1 - baseRate)
  return {
    logLoss,
    auc: auc(labels, probabilities, weights),
    brier: mean(squares),
    baseRate,
    normalizedEntropy: logLoss === null || entropy === null ? null : logLoss / entropy,
    calibrationError: mean(gap.reduce((sum, bin) => sum + Math.abs(bin), 0)),
    calibrationRatio: sumY > 0 ? sumP / sumY : null,
  }
}

/** -ln of the probability that `p` gives to label `y`, with p clipped to [1e-15, 1 - 1e-15]. */
export function pointLogLoss(y: number, p: number): number {
  const clipped = Math.min(Math.max(p, 1e-15), 1 - 1e-15)
  return -y * Math.log(clipped) - (1 - y) * Math.log(1 - clipped)
}

/**
 * Area under the ROC curve: P(score of a positive > score of a negative), ties 1/2, pairs weighted
 * by the product of their weights (Fawcett, Pattern Recognition Letters 2006). Null where a class is
 * missing.
 */
export function auc(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number | null {
  const order = Int32Array.from({ length: labels.length }, (_, row) => row)
  order.sort((a, b) => scores[a] - scores[b])
  let positives = 0
  let negatives = 0
  let area = 0
  for (let from = 0; from < order.length; ) {
    let tiedPositives = 0
    let tiedNegatives = 0
    let to = from
    for (; to < order.length && scores[order[to]] === scores[order[from]]; to++) {
      const row = order[to]
      const weight = weights === undefined ? 1 : weights[row]
      tiedPositives += weight * labels[row]
      tiedNegatives += weight * (1 - labels[row])
    }
    area += tiedPositives * (negatives + tiedNegatives / 2)
    positives += tiedPositives
    negatives += tiedNegatives
    // A NaN score equals nothing, not even itself.
    from = Math.max(to, from + 1)
  }
  return positives > 0 && negatives > 0 ? area / (positives * negatives) : null
}
