/**
 * The public keys of an issuer (a JWK set, RFC 7517), read when they are needed: again when they are old, or when a token names one that is
 * not among them. An issuer that is away or slow is asked no more often than that, and the keys that were read last go on counting.
 */
import { createLocalJWKSet, errors } from 'jose';
import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters } from 'jose';
import { ConvokeError, LIMITS } from '../contracts/index.ts';

type Keys = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

export interface IssuerKeysOptions {
  readonly url: string;
  /** They could not be read; told once for each time that they were asked for. */
  readonly onTrouble: (error: unknown) => void;
}

export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #keys: Keys | undefined;
  /** ms of `performance.now()`. */
  #readAt = -Infinity;
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** The key that a token names. Throws `issuer_unavailable` as long as none were ever read, and errors of `jose` if it is not among them. */
  async find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    if (header.kid === undefined) throw new errors.JWKSNoMatchingKey();
    if (!this.#keys) await this.#refresh();
    // Meanwhile the old ones will do.
    else if (performance.now() - this.#readAt > LIMITS.issuerKeysMs) void this.#refresh();
    if (!this.#keys) throw new ConvokeError('issuer_unavailable');
    try {
      return await this.#keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // It may be a new one.
      await this.#refresh();
      return this.#keys(header, token);
    }
  }

  /** Reads them, unless that was tried a moment ago. */
  #refresh(): Promise<void> {
    if (this.#asking) return this.#asking;
    if (performance.now() - this.#askedAt < LIMITS.issuerPauseMs) return Promise.resolve();
    this.#askedAt = performance.now();
    this.#asking = this.#read().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #read(): Promise<void> {
    try {
      this.#keys = createLocalJWKSet(await fetchKeys(this.#options.url));
      this.#readAt = performance.now();
    } catch (error) {
      this.#options.onTrouble(error);
    }
  }
}

/** Throws an Error for an answer that is late, too large, elsewhere, or not a set of keys. */
async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(LIMITS.issuerMs),
  });
  if (response.status !== 200) throw new Error(`It answers with the status ${response.status}.`);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | readonly Uint8Array[] = response.body ?? [];
  for await (const part of body) {
    bytes += part.byteLength;
    // Leaving the loop cancels the rest.
    if (bytes > LIMITS.issuerBytes) throw new Error(`It answers with more than ${LIMITS.issuerBytes} bytes.`);
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as JSONWebKeySet; // safety: jose checks its form
}
