import { type ChainModule, type Contest, contestOf, LIMIT } from './contest.ts'

/** A Worker that runs `contender` `times` over `rows` candidates, set up by the first request. */
export function passWorker(chain: ChainModule) {
  let contest: Contest | undefined
  return {
    async fetch(request: Request): Promise<Response> {
      const query = new URL(request.url).searchParams
      contest ??= contestOf(chain, Number(query.get('rows')))
      const once = query.get('contender') === 'objects' ? contest.objects : contest.engine.run
      let page: string[] = []
      for (let i = 0; i < Number(query.get('times')); i++) page = once(LIMIT)
      return Response.json(page)
    },
  }
}
