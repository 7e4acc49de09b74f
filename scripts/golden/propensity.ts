import * as z from 'zod'
import { plackettLuceMarginals } from '../../src/model/marginals.ts'
import { epsilonGreedy, plackettLuceList } from '../../src/model/propensities.ts'
import { expectations, goldenFormat, numbers, oneOrMore } from './format.ts'

const marginalsKey = 'plackett_luce_marginals[item][slot]'

const schema = oneOrMore(
  z.object({
    scores: numbers,
    temperature: z.number(),
    slots: z.number().int(),
    epsilon: z.number(),
    list: z.array(z.number().int()),
    expected: expectations,
  }),
)

/** Probabilities of single choices, of lists, and of an item at a slot. */
export const propensity = goldenFormat('propensity', schema, (cases, comparison) => {
  cases.forEach(({ scores, temperature, slots, epsilon, list, expected }, at) => {
    comparison.cases++
    const sequential = plackettLuceList(scores, temperature, list)
    comparison.compare(`[${at}]`, expected, {
      epsilon_greedy_single_slot: epsilonGreedy(scores, epsilon),
      [marginalsKey]:
        marginalsKey in expected
          ? rows(plackettLuceMarginals(scores, temperature, slots), slots)
          : null,
      plackett_luce_list: {
        sequential,
        list_probability: sequential.reduce((product, p) => product * p, 1),
      },
    })
  })
})

function rows(values: Float64Array, width: number): Float64Array[] {
  return Array.from({ length: values.length / width }, (_, row) =>
    values.subarray(row * width, (row + 1) * width),
  )
}
