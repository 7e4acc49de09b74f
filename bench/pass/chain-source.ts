import { attributeName } from './catalogue.ts'
import { FALLBACK, featureName, sortOf } from './mixture.ts'

/**
 * The features of the pass as source text, a function each, as teams write them: made by a program only
 * because there are many. Exports `engineChain`, and `plainChain` with the same features over objects.
 */
export function chainSource(features: number): string {
  const all = Array.from({ length: features }, (_, i) => i)
  return `
export const engineChain = ({ feature, column, Item, User }) => [
${all.map(engineFeature).join('\n')}
]
export const plainChain = [
${all.map(plainFeature).join('\n')}
]
`
}

function engineFeature(i: number): string {
  const field = attributeName(i)
  const given = `'${featureName(i)}'`
  const common = `fallback: ${FALLBACK}`
  const both = `reads: { user: User.pick('${field}'), item: Item.pick('${field}') }, ${common}`
  switch (sortOf(i)) {
    case 'plain':
      return `  column(${given}, Item, '${field}', { ${common} }),`
    case 'log':
      return `  column(${given}, Item, '${field}', { ${common}, map: Math.log1p }),`
    case 'context':
      return `  feature(${given}, { reads: { user: User.pick('${field}') }, ${common},
    compute: ({ user }) => user.${field} / 10 }),`
    case 'gap':
      return `  feature(${given}, { ${both},
    compute: ({ user, item }) => Math.abs(user.${field} - item.${field}) }),`
    case 'ratio':
      return `  feature(${given}, { ${both},
    compute: ({ user, item }) => item.${field} / (1 + user.${field}) }),`
  }
}

function plainFeature(i: number): string {
  const value = `item.attributes.${attributeName(i)}`
  const own = `user.${attributeName(i)}`
  const name = `name: '${featureName(i)}'`
  switch (sortOf(i)) {
    case 'plain':
      return `  { ${name}, compute: ({ item }) => ${value} },`
    case 'log':
      return `  { ${name}, compute: ({ item }) => ${value} === null ? null : Math.log1p(${value}) },`
    case 'context':
      return `  { ${name}, compute: ({ user }) => ${own} / 10 },`
    case 'gap':
      return `  { ${name}, compute: ({ user, item }) => ${value} === null ? null : Math.abs(${own} - ${value}) },`
    case 'ratio':
      return `  { ${name}, compute: ({ user, item }) => ${value} === null ? null : ${value} / (1 + ${own}) },`
  }
}
