/** REST requests of the page, to whichever gateway it is connected to. */
import type { Problem } from '../../src/contracts/public.ts';
import type { Access } from './access.ts';

/** A request that takes longer has failed, ms. */
const ANSWER_MS = 10_000;

export class Api {
  readonly #base: () => string;
  readonly #access: Pick<Access, 'token'>;

  /** `base`: the address of a gateway. */
  constructor(base: () => string, access: Pick<Access, 'token'>) {
    this.#base = base;
    this.#access = access;
  }

  /** The JSON of the answer. Throws an `Error` with the sentence of the problem. */
  async call<T>(path: string, method: 'GET' | 'POST' = 'GET'): Promise<T> {
    const response = await fetch(this.#base() + path, {
      method,
      headers: { Authorization: `Bearer ${await this.#access.token()}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const answer = (await response.json()) as T | Problem;
    if (response.ok) return answer as T;
    const { title, detail } = answer as Problem;
    throw new Error(`${title} ${detail}`);
  }
}
