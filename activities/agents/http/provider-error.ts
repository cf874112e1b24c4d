/** What a provider tells of a failure, in the shape that the AI SDK's errors have too. */
import type { RunnerError } from '../runner.ts';
import { unreachable, withoutSecrets } from './transport.ts';

type Json = Readonly<Record<string, unknown>>;

export class ProviderError extends Error {
  /** 400 to 599; absent: the provider named none. */
  readonly statusCode: number | undefined;
  readonly data: { readonly error: Json } | undefined;
  /** Names in lower case. */
  readonly responseHeaders: Readonly<Record<string, string>>;

  constructor(message: string, error?: Json, headers?: Headers) {
    super(message);
    this.name = 'ProviderError';
    this.statusCode =
      statusOf(error?.['code']) ?? statusOf(error?.['status']) ?? statusOf(error?.['status_code']);
    this.data = error && { error };
    this.responseHeaders = Object.fromEntries(headers ?? []);
  }

  static of(error: Json, headers: Headers): ProviderError {
    return new ProviderError('The provider told of an error.', error, headers);
  }
}

/** What answers at a URL speaks something else. */
export function notAnEndpoint(url: string): RunnerError {
  return unreachable(
    'What answers at the address of the model is not a model endpoint',
    `the address is ${withoutSecrets(url)}`,
  );
}

/** A status, which some write as text. */
function statusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : undefined;
}
