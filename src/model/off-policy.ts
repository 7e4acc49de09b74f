/** Logged decisions, one per row, seen from a target policy; arrays of one length. */
export interface LoggedChoices {
  /** Importance weights w = target probability of the logged action / its logged propensity. */
  readonly weights: ArrayLike<number>
  readonly rewards: ArrayLike<number>
  /** The reward model, for DM, DR and SNDR. */
  readonly model?: {
    /** q of the logged action. */
    readonly ofAction: ArrayLike<number>
    /** Sum over all actions of target probability times q. */
    readonly ofPolicy: ArrayLike<number>
  }
}

/** Estimates of the target policy's mean reward; null = undefined. */
export interface OffPolicyEstimates {
  /** mean(w r) (Horvitz and Thompson, JASA 1952). */
  readonly ips: number | null
  /** sum(w r) / sum(w) (Swaminathan and Joachims, NIPS 2015). */
  readonly snips: number | null
  /** Mean of the model's value of the policy. */
  readonly dm: number | null
  /** DM + mean(w (r - q)) (Dudík, Langford and Li, ICML 2011). */
  readonly dr: number | null
  /** DM + sum(w (r - q)) / sum(w) (Thomas and Brunskill, ICML 2016). */
  readonly sndr: number | null
  /** mean(min(w, clip) r) (Ionides, JCGS 2008). */
  readonly clippedIps: number | null
  readonly meanWeight: number | null
  readonly maxWeight: number | null
  /** (sum w)^2 / sum w^2 (Kish, "Survey Sampling", 1965); 0 where all weights are 0. */
  readonly effectiveSampleSize: number
  /** Mean reward of the logs. */
  readonly onPolicyMean: number | null
  /** IPS ± 1.959964 s / sqrt(n), s with n - 1; null for fewer than two rows. */
  readonly ipsInterval: readonly [number, number] | null
  /** SNIPS ± 1.959964 sqrt(sum w^2 (r - SNIPS)^2) / sum(w), the delta method. */
  readonly snipsInterval: readonly [number, number] | null
}

/** The 97.5 % quantile of the normal distribution, as all intervals here use it. */
export const normalQuantile975 = 1.959964

/** All estimators at once; `clip` is the M of clipped IPS. */
export function offPolicyEstimates(logs: LoggedChoices, clip: number): OffPolicyEstimates {
  const { weights, rewards, model } = logs
  const n = rewards.length
  let sumW = 0
  let sumWW = 0
  let sumWR = 0
  let sumClipped = 0
  let sumR = 0
  let maxWeight = 0
  let sumModel = 0
  let sumCorrection = 0
  for (let row = 0; row < n; row++) {
    const w = weights[row]
    const r = rewards[row]
    sumW += w
    sumWW += w * w
    sumWR += w * r
    sumClipped += Math.min(w, clip) * r
    sumR += r
    maxWeight = Math.max(maxWeight, w)
    if (model !== undefined) {
      sumModel += model.ofPolicy[row]
      sumCorrection += w * (r - model.ofAction[row])
    }
  }
  const mean = (sum: number) => (n > 0 ? sum / n : null)
  const ips = mean(sumWR)
  const snips = sumW > 0 ? sumWR / sumW : null
  const dm = model === undefined ? null : mean(sumModel)
  return {
    ips,
    snips,
    dm,
    dr: dm === null ? null : dm + sumCorrection / n,
    sndr: dm === null || sumW === 0 ? null : dm + sumCorrection / sumW,
    clippedIps: mean(sumClipped),
    meanWeight: mean(sumW),
    maxWeight: n > 0 ? maxWeight : null,
    effectiveSampleSize: sumWW > 0 ? (sumW * sumW) / sumWW : 0,
    onPolicyMean: mean(sumR),
    ipsInterval: ips === null || n < 2 ? null : interval(ips, ipsError(weights, rewards, ips)),
    snipsInterval:
      snips === null ? null : interval(snips, snipsError(weights, rewards, snips, sumW)),
  }
}

function ipsError(weights: ArrayLike<number>, rewards: ArrayLike<number>, ips: number): number {
  let squares = 0
  for (let row = 0; row < rewards.length; row++) squares += (weights[row] * rewards[row] - ips) ** 2
  return Math.sqrt(squares / (rewards.length - 1) / rewards.length)
}

function snipsError(
  weights: ArrayLike<number>,
  rewards: ArrayLike<number>,
  snips: number,
  sumW: number,
): number {
  let squares = 0
  for (let row = 0; row < rewards.length; row++) {
    squares += (weights[row] * (rewards[row] - snips)) ** 2
  }
  return Math.sqrt(squares) / sumW
}

function interval(centre: number, error: number): [number, number] {
  return [centre - normalQuantile975 * error, centre + normalQuantile975 * error]
}
