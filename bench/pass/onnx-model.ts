/** How the features of all rows lie in memory. */
export type Layout = 'rows' | 'features'

const FLOAT = 1

/**
 * The bytes of an ONNX model that multiplies a matrix of features by a vector of weights, `scores =
 * MatMul`: `x` is [rows × features] or, turned, [features × rows], of any number of rows. Protocol
 * buffers by hand: the few fields of onnx.proto3 that such a model has.
 */
export function linearOnnx(weights: Float32Array, layout: Layout): Uint8Array {
  const count = weights.length
  const weightDims = layout === 'rows' ? [count, 1] : [1, count]
  const initializer = message([
    ...weightDims.map((dim) => integer(1, dim)),
    integer(2, FLOAT),
    text(8, 'w'),
    bytes(9, new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)),
  ])
  const inputs = layout === 'rows' ? ['x', 'w'] : ['w', 'x']
  const node = message([
    ...inputs.map((name) => text(1, name)),
    text(2, 'scores'),
    text(4, 'MatMul'),
  ])
  const graph = message([
    bytes(1, node),
    text(2, 'linear'),
    bytes(5, initializer),
    bytes(11, valueInfo('x', layout === 'rows' ? ['n', count] : [count, 'n'])),
    bytes(12, valueInfo('scores', layout === 'rows' ? ['n', 1] : [1, 'n'])),
  ])
  const opset = message([text(1, ''), integer(2, 13)])
  return message([integer(1, 8), bytes(7, graph), bytes(8, opset)])
}

function valueInfo(name: string, dims: readonly (string | number)[]): Uint8Array {
  const shape = message(
    dims.map((dim) =>
      bytes(1, message([typeof dim === 'number' ? integer(1, dim) : text(2, dim)])),
    ),
  )
  const tensor = message([integer(1, FLOAT), bytes(2, shape)])
  return message([text(1, name), bytes(2, message([bytes(1, tensor)]))])
}

function message(fields: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(fields.flat())
}

function varint(value: number): number[] {
  const out: number[] = []
  let left = value
  while (left > 127) {
    out.push((left & 127) | 128)
    left = Math.floor(left / 128)
  }
  return [...out, left]
}

function integer(field: number, value: number): number[] {
  return [field << 3, ...varint(value)]
}

function bytes(field: number, value: Uint8Array): number[] {
  return [...varint((field << 3) | 2), ...varint(value.length), ...value]
}

function text(field: number, value: string): number[] {
  return bytes(field, new TextEncoder().encode(value))
}
