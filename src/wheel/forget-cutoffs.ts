/** From when to when nothing of somebody may be kept. */
export interface Cutoff {
  /** When they were forgotten, epoch ms. */
  readonly atMs: number
  /** What came before is theirs no longer; infinite until they are pushed again. */
  readonly beforeMs: number
}

/** Who is forgotten, by pseudonym. */
export type Cutoffs = ReadonlyMap<string, Cutoff>

/** Where the consumer of the queue asks who is forgotten. */
export interface ForgottenPeople {
  /** Whether records of an entity are about people, and kept under pseudonyms. */
  isPersonal(entity: string): boolean
  /** Those of `pseudonyms` who are forgotten. Rejects where that cannot be known. */
  among(pseudonyms: readonly string[]): Promise<Cutoffs>
}

/** Whether something that came at a time has to forget this person. */
export function isForgotten(cutoffs: Cutoffs, id: unknown, receivedMs: number): boolean {
  const cutoff = typeof id === 'string' ? cutoffs.get(id) : undefined
  return cutoff !== undefined && receivedMs < cutoff.beforeMs
}

/** Of the people in a record's id, pairs among them, the one who is forgotten; null: nobody is. */
export function forgottenPart(cutoffs: Cutoffs, id: string, receivedMs: number): string | null {
  return id.split(':').find((part) => isForgotten(cutoffs, part, receivedMs)) ?? null
}
