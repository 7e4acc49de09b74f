import { source } from 'edgewheel'

/** The candidates that the caller brings; a use case with this source ranks what it is given. */
export const requested = source('requested', {
  limit: 500,
  generate: (_, { request }) => ({ ids: (request.candidates ?? []).map(({ id }) => id) }),
})
