/** A decision as `GET /v1/decisions/{decisionId}` tells it; the parts that people read. */
export interface LoggedDecision {
  readonly decisionId: string
  readonly useCase: string
  readonly decidedAt: number
  readonly request: { readonly user?: { readonly id?: string } }
  readonly items: readonly LoggedItem[]
  readonly pool: readonly { id: string; sources: readonly string[]; score: number | null }[]
  readonly dropped: readonly { id: string; stage: string; reason: string }[]
  readonly trace: readonly {
    stage: string
    name: string
    in: number
    out: number
    state: string
    ioMs: number
    note?: string
  }[]
  readonly model: string | null
  readonly variant: string
  readonly degraded: readonly string[]
  readonly relaxed: readonly number[]
  readonly complete: boolean
  readonly outcomes: readonly {
    id: string
    type: string
    item: string | null
    value: number | null
    at: number
    trust: string
    retracts: string | null
    outcomes: readonly string[]
  }[]
}

/** An item of the page. */
export interface LoggedItem {
  readonly id: string
  readonly position: number
  readonly score: number | null
  readonly propensity: number
  readonly sources: readonly string[]
  readonly features: Readonly<Record<string, { value: number | readonly string[]; status: string }>>
  /** Null where the chain has changed since, and for fallback items. */
  readonly explanation: Head | { readonly heads: Readonly<Record<string, Head>> } | null
}

/** How one head came to its value. */
export interface Head {
  readonly raw: number
  readonly bias: number
  readonly link: string
  readonly contributions: readonly {
    feature: string
    value: number | readonly string[]
    status: string
    input: number | string
    weight: number
    contribution: number
  }[]
}
