/** A linear map: reads `x`, overwrites `out`. */
export type LinearMap = (x: Float64Array, out: Float64Array) => void

/**
 * Preconditioned conjugate gradients (Hestenes and Stiefel 1952; Nocedal and Wright, "Numerical
 * Optimization", algorithm 5.3): x with |b - A x| <= tolerance |b| in the norm of the
 * preconditioner, from x = 0, for A positive semidefinite. Stops after `maxIterations` or where a
 * direction has no curvature; every iterate is a descent direction for a gradient -b.
 */
export function conjugateGradient(
  a: LinearMap,
  preconditioner: LinearMap,
  b: Float64Array,
  tolerance: number,
  maxIterations: number,
): Float64Array {
  const size = b.length
  const x = new Float64Array(size)
  const r = b.slice()
  const z = new Float64Array(size)
  const ap = new Float64Array(size)
  preconditioner(r, z)
  const p = z.slice()
  let rz = dot(r, z)
  const enough = tolerance * tolerance * rz
  for (let iteration = 0; iteration < maxIterations && rz > enough; iteration++) {
    a(p, ap)
    const curvature = dot(p, ap)
    if (!(curvature > 0)) return iteration === 0 ? p : x
    const step = rz / curvature
    for (let i = 0; i < size; i++) {
      x[i] += step * p[i]
      r[i] -= step * ap[i]
    }
    preconditioner(r, z)
    const next = dot(r, z)
    const keep = next / rz
    rz = next
    for (let i = 0; i < size; i++) p[i] = z[i] + keep * p[i]
  }
  return x
}

/** The inner product of two vectors of one length. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i]
  return sum
}
