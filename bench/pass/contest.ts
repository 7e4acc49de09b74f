import type { Feature } from '../../src/core/index.ts'
import { catalogueOf } from './catalogue.ts'
import { type Definitions, type EnginePass, enginePass } from './engine.ts'
import { objectsPass, type PlainFeature } from './objects.ts'

/** Slots of the page that every contender fills. */
export const LIMIT = 20

/** What the text of a chain exports. */
export interface ChainModule {
  readonly engineChain: (definitions: Definitions) => readonly Feature[]
  readonly plainChain: readonly PlainFeature[]
}

/** The contenders that run anywhere, over one catalogue. */
export interface Contest {
  readonly catalogue: ReturnType<typeof catalogueOf>
  readonly engine: EnginePass
  readonly objects: (limit: number) => string[]
}

/** Sets the contenders up for `rows` candidates. */
export function contestOf(chain: ChainModule, rows: number): Contest {
  const features = chain.plainChain.length
  const catalogue = catalogueOf(rows, features)
  return {
    catalogue,
    engine: enginePass(catalogue, chain.engineChain, features),
    objects: objectsPass(catalogue, chain.plainChain),
  }
}

/** Throws unless all pages are the same. */
export function assertSamePage(pages: Readonly<Record<string, readonly string[]>>): void {
  const [[first, page], ...others] = Object.entries(pages)
  for (const [name, other] of others)
    if (page.length !== other.length || page.some((id, i) => id !== other[i]))
      throw new Error(`${first} and ${name} disagree:\n${page.join(' ')}\n${other.join(' ')}`)
}
