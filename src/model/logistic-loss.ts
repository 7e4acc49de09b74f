/** Log loss of a margin for a label in [0, 1]: ln(1 + e^m) - y m, without overflow. */
export function logLossOfMargin(label: number, margin: number): number {
  return Math.max(margin, 0) + Math.log1p(Math.exp(-Math.abs(margin))) - label * margin
}
