/** HTTP to model endpoints: connections, proxies, redirects; no time-outs but those of the step. */
import { buildConnector, EnvHttpProxyAgent, fetch as undiciFetch, type Dispatcher } from 'undici';
import { RunnerError } from '../runner.ts';

export type Fetch = typeof globalThis.fetch;

/** How a connection that the server has closed meanwhile fails, by the code of the error's cause. */
const CLOSED: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
/** Redirects that keep the method and the body. */
const KEEPING: ReadonlySet<number> = new Set([307, 308]);

/**
 * A `fetch` for model endpoints, with connections of its own. It
 * - waits for headers and for the body as long as the caller's signal does: a step has its own bounds, and undici's end after 300 s;
 * - goes through the proxies that `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` name;
 * - tries a request once more on a new connection when a pooled one turns out to have been closed meanwhile: no endpoint has failed then;
 * - follows a redirect only within an origin, where it keeps the request: elsewhere is a login page, or a base URL that should be corrected.
 */
export function createTransport(): Fetch {
  let opened = 0;
  const connector = buildConnector({});
  const connect: buildConnector.connector = (options, callback) => {
    opened += 1;
    connector(options, callback);
  };
  const untimed = { headersTimeout: 0, bodyTimeout: 0 };
  const pool = new EnvHttpProxyAgent({ ...untimed, connect });
  // `pipelining: 0` closes a connection after its request.
  const fresh = new EnvHttpProxyAgent({ ...untimed, pipelining: 0 });
  return async (input, init) => {
    const before = opened;
    try {
      return await request(input, init, pool);
    } catch (error) {
      // A connection that was opened meanwhile may be the one that failed: then it was no stale one.
      if (opened !== before || !wasClosed(error) || init?.signal?.aborted) throw error;
      return await request(input, init, fresh);
    }
  };
}

async function request(
  input: Parameters<Fetch>[0],
  init: Parameters<Fetch>[1],
  dispatcher: Dispatcher,
): Promise<Response> {
  const url = input instanceof Request ? input.url : String(input);
  // safety: undici's types and the global ones are two declarations of the same standard.
  const send = undiciFetch as unknown as (url: string, init: object) => Promise<Response>;
  const response = await send(url, { ...init, redirect: 'manual', dispatcher });
  if (response.status < 300 || response.status > 399) return response;
  await response.body?.cancel();
  const target = URL.parse(response.headers.get('location') ?? '', url);
  if (!target || !KEEPING.has(response.status) || target.origin !== new URL(url).origin)
    throw redirected(url, target);
  const again = await send(target.href, { ...init, redirect: 'error', dispatcher });
  return again;
}

function redirected(url: string, target: URL | null): RunnerError {
  const where = target ? ` to ${withoutSecrets(target.href)}` : '';
  return unreachable(
    'The address of the model redirects to another one',
    `${withoutSecrets(url)} redirects${where}`,
  );
}

/** The base URL is wrong. Clients are told what happened; the address is in the cause, which only the worker's log gets. */
export function unreachable(what: string, where: string): RunnerError {
  const message = `${what}. Whoever runs the deployment corrects the base URL; the worker's log names it.`;
  return new RunnerError('agent_unreachable', message, { retryable: false, cause: new Error(where) });
}

/** Origin and path: queries and user names may hold keys. */
export function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

function wasClosed(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause && CLOSED.has(cause.code);
}
