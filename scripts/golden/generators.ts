import * as z from 'zod'
import { mulberry32 } from '../../src/core/mulberry32.ts'
import { murmur3, murmur3Bytes } from '../../src/core/murmur3.ts'
import { goldenFormat, numbers, oneOrMore } from './format.ts'

const exact = { absolute: 0 }

const hashSchema = oneOrMore(
  z.object({
    text: z.string(),
    seed: z.number(),
    uint32: z.number(),
    'bucket_2^18': z.number().optional(),
  }),
)

/** MurmurHash3 of a text, and of its bytes; exact. */
export const hashes = goldenFormat('murmur3', hashSchema, (cases, comparison) => {
  cases.forEach(({ text, seed, ...expected }, at) => {
    comparison.cases++
    const ofText = murmur3(text, seed)
    const ofBytes = murmur3Bytes(new TextEncoder().encode(text), seed)
    for (const [name, hash] of [['text', ofText] as const, ['bytes', ofBytes] as const]) {
      const actual = { uint32: hash, 'bucket_2^18': hash % 2 ** 18 }
      comparison.compare(`[${at}].${name}`, expected, actual, exact)
    }
  })
})

const generatorSchema = oneOrMore(z.object({ seed: z.number(), first_ten: numbers }))

/** The first values of mulberry32. */
export const generators = goldenFormat('mulberry32', generatorSchema, (cases, comparison) => {
  cases.forEach(({ seed, first_ten }, at) => {
    comparison.cases++
    const next = mulberry32(seed)
    const actual = first_ten.map(() => next())
    comparison.compare(`[${at}].first_ten`, first_ten, actual)
  })
})
