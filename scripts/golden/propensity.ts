import * as z from 'zod'
import {
  epsilonGreedy,
  plackettLuceList,
  plackettLuceMarginals,
} from '../../src/model/propensities.ts'
import { expectations, goldenFormat, numbers, oneOrMore } from './format.ts'

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
    const marginals = plackettLuceMarginals(scores, temperature, slots)
    const sequential = plackettLuceList(scores, temperature, list)
    comparison.compare(`[${at}]`, expected, {
      epsilon_greedy_single_slot: epsilonGreedy(scores, epsilon),
      'plackett_luce_marginals[item][slot]': scores.map((_, item) =>
        marginals.subarray(item * slots, (item + 1) * slots),
      ),
      plackett_luce_list: {
        sequential,
        list_probability: sequential.reduce((product, p) => product * p, 1),
      },
    })
  })
})
