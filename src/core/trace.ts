/** What happened in one stage of a decision. */
export interface StageReport {
  readonly stage: 'read' | 'generate' | 'filter' | 'featurize' | 'score' | 'rank'
  readonly name: string
  /** Rows that came in and went out; for a source, candidates considered and drawn. */
  readonly in: number
  readonly out: number
  readonly state: 'ok' | 'skipped' | 'late' | 'failed'
  /** Time spent waiting for others, ms; 0 for stages that compute. */
  readonly ioMs: number
  readonly note?: string
}

/** Collects stage reports and the reasons why a decision is less than it could be. */
export class Trace {
  readonly stages: StageReport[] = []
  readonly #degraded = new Set<string>()

  add(report: StageReport): void {
    this.stages.push(report)
  }

  /** Notes a reason such as `cold` or `source_failed:trending`, once. */
  degrade(reason: string): void {
    this.#degraded.add(reason)
  }

  get degraded(): string[] {
    return [...this.#degraded]
  }
}
