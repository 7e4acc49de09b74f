import { RefusedError } from './errors.ts'
import type { Settings } from './settings.ts'

/** Calls to a Worker with the secret key. */
export interface AdminClient {
  /** The parsed answer. Throws `RefusedError` with the problem's words for every status from 400 on. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>
}

interface Problem {
  readonly title?: string
  readonly detail?: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

const ATTEMPTS = 4

/** A client that repeats calls the network or an overloaded Worker lost; every call it makes may be repeated. */
export function adminClient({ url, secretKey }: Settings): AdminClient {
  const once = (method: string, path: string, body: unknown): Promise<Response> =>
    fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  return {
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      let lost: unknown
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        try {
          const response = await once(method, path, body)
          if (response.ok) return (await response.json()) as T
          if (response.status < 500 && response.status !== 429)
            throw await refusal(response, method, path)
          lost = await refusal(response, method, path)
        } catch (error) {
          if (error instanceof RefusedError) throw error
          lost = error
        }
        await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt))
      }
      if (lost instanceof RefusedError) throw lost
      throw new RefusedError(`no answer from ${url}: is the Worker running?`)
    },
  }
}

async function refusal(response: Response, method: string, path: string): Promise<RefusedError> {
  const problem = (await response.json().catch(() => ({}))) as Problem
  return new RefusedError(
    `${method} ${path} → ${response.status} ${problem.detail ?? problem.title ?? ''}`.trim(),
    (problem.errors ?? []).map((error) => `${error.path}: ${error.message}`),
  )
}
