/**
 * What the page shows to gateways: session tokens, minted with the key. Behind a product a browser gets them from the product's server and never
 * sees a key; this page is for development, and plays the part of that server too.
 */

/** A request that takes longer has failed, ms. */
const ANSWER_MS = 10_000;
const TTL_MS = 600_000;
/** Who writes on this page, as long as nobody gives a name. */
const YOU: Person = { name: 'You' };

/** Somebody who acts on the page. `roles`: as what she may approve. */
export interface Person {
  readonly name: string;
  readonly roles?: readonly string[];
}

interface Minted {
  readonly token: string;
  readonly expiresAt: number;
}

export class Access {
  readonly #base: () => string;
  readonly #key: string;
  #own: Minted | null = null;

  /** `base`: the address of a gateway. */
  constructor(base: () => string, key: string) {
    this.#base = base;
    this.#key = key;
  }

  /** A token for whoever sits here, if possible with half of its life before it; the key itself if no gateway mints one for it. */
  async token(): Promise<string> {
    const left = (this.#own?.expiresAt ?? 0) - Date.now();
    if (left < TTL_MS / 2) this.#own = (await this.#mint(YOU)) ?? (left > 0 ? this.#own : null);
    return this.#own?.token ?? this.#key;
  }

  /** What a connection is made with: tokens for as long as it lasts, or the key if no gateway mints any. */
  async source(): Promise<string | (() => Promise<string>)> {
    const token = await this.token();
    return token === this.#key ? token : () => this.token();
  }

  /** The same in the name of somebody else. */
  async tokenOf(person: Person): Promise<string> {
    return (await this.#mint(person))?.token ?? this.#key;
  }

  /** Null: this gateway does not answer, mints none, or not with this key. */
  async #mint({ name, roles }: Person): Promise<Minted | null> {
    const body = { subject: name, sessions: ['*'], role: 'operator', ttlMs: TTL_MS, ...(roles && { roles }) };
    try {
      const response = await fetch(`${this.#base()}/v1/tokens`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${this.#key}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      return response.ok ? ((await response.json()) as Minted) : null;
    } catch {
      return null;
    }
  }
}
