export { aggregateAt } from './aggregate/batch.ts'
export { checkAggregates } from './aggregate/check.ts'
export type { AggregateOptions, Events, WindowOptions } from './aggregate/declare.ts'
export {
  count,
  decayed,
  distinct,
  last,
  lastK,
  max,
  mean,
  min,
  rate,
  seen,
  sum,
} from './aggregate/declare.ts'
export type { Aggregate, AggregateShapes, EventSelector, Subject } from './aggregate/definition.ts'
export type { AggregateSet, RecordAggregates } from './aggregate/set.ts'
export type { Chosen } from './choose.ts'
export { choose, propensitiesOf } from './choose.ts'
export type { DecisionContext } from './context.ts'
export type { Duration } from './duration.ts'
export type { AttributeShapes, Binding, Entity } from './entity.ts'
export { defineEntity } from './entity.ts'
export type { ErrorCode } from './errors.ts'
export { EdgewheelError } from './errors.ts'
export type { EventOptions, EventType } from './event.ts'
export { defineEvent } from './event.ts'
export type { EventView, OutcomeEvent, When } from './event-envelope.ts'
export type { Outcome } from './event-outcome.ts'
export { checkOutcomes, outcome } from './event-outcome.ts'
export type { Field, FieldKind, FieldValue, Status } from './field.ts'
export type { IdSet } from './id-set.ts'
export { jaccardRaiser } from './jaccard.ts'
export type { LinearHead, LinearModel, LinearTerm, Link } from './linear-model.ts'
export type { Prior, PriorHead } from './linear-prior.ts'
export { priorHead } from './linear-prior.ts'
export { bindLinear } from './linear-scorer.ts'
export type { Pool } from './pool.ts'
export type { Random } from './random.ts'
export type { Choice, Constraint, ConstraintState, RankColumn, Ranker } from './rank.ts'
export type { CodesColumn } from './rank-columns.ts'
export { rankCodes, rankNumbers } from './rank-columns.ts'
export type { CandidateView, DerivedRead, Interaction, Read, Reads, ValuesOf } from './read.ts'
export { candidate, clock, context, derive, given, recent, retrieved } from './read.ts'
export type { Scope } from './reading.ts'
export type { RecordView } from './record.ts'
export type { DecideRequest, GivenCandidate } from './request.ts'
export type {
  BoundScorer,
  DrawnIds,
  Feature,
  FeatureKind,
  FieldsOfType,
  Filter,
  OnMissing,
  Scorer,
  Source,
} from './stage.ts'
export { category, column, feature, filter, labels, source } from './stage.ts'
export type {
  Column,
  NumberColumn,
  NumbersColumn,
  Ranking,
  StringColumn,
  StringsColumn,
} from './table.ts'
export { orderedBy, rankedByKeys, statusAt, Table, valueAt } from './table.ts'
export type { CategoryPrior, NumberPrior, UseCase } from './use-case.ts'
export { defineUseCase } from './use-case.ts'
