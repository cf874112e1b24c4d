/** REST requests to a gateway, and where to find it. */
import { connect } from '../client/index.ts';
import type { Client } from '../client/index.ts';
import { ConvokeError, DEV_KEY, ERRORS } from '../contracts/index.ts';
import type { ErrorCode, Problem } from '../contracts/index.ts';
import { homeFolder, runningState } from './dev/state.ts';
import { CliError, configMistake } from './failure.ts';
import { secret, setting } from './environment.ts';
import type { Environment } from './environment.ts';

const REQUEST_MS = 15_000;
const DEFAULT_URL = 'http://127.0.0.1:3000';

export interface GatewayPlace {
  readonly url: string;
  readonly key: string;
}

/**
 * CONVOKE_URL, otherwise the gateway of the `convoke dev` with this state folder, otherwise the default address. Throws `bad_address`, and
 * `not_running` if CONVOKE_HOME names a folder of which nothing runs: at the default address would be somebody else's.
 */
export function gatewayPlace(env: Environment = process.env): GatewayPlace {
  const url = setting(env, 'CONVOKE_URL') ?? runningUrl(env) ?? DEFAULT_URL;
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new CliError('bad_address', 'CONVOKE_URL must be a URL like http://127.0.0.1:3000.');
  }
  return { url: url.replace(/\/+$/, ''), key: secret(env, 'CONVOKE_KEY', configMistake) ?? DEV_KEY };
}

/** A stack that is still starting has no address yet. */
function runningUrl(env: Environment): string | undefined {
  const url = runningState(homeFolder(env))?.url;
  if (url === undefined && setting(env, 'CONVOKE_HOME') !== undefined) throw notRunning(homeFolder(env));
  return url === '' ? undefined : url;
}

export function notRunning(home: string): CliError {
  return new CliError(
    'not_running',
    `No "convoke dev" is running with the state folder ${home}. Start it with "npx convoke dev", or set CONVOKE_URL to the address of a gateway.`,
  );
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
}

/** The JSON answer; null if it is empty. Throws the gateway's problem, or `offline`. */
export async function callGateway<T>(request: ApiRequest, place: GatewayPlace = gatewayPlace()): Promise<T> {
  const query = Object.entries(request.query ?? {}).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(query as [string, string][]).toString();
  const response = await fetch(`${place.url}${request.path}${search ? `?${search}` : ''}`, {
    method: request.method ?? 'GET',
    headers: { Authorization: `Bearer ${place.key}`, 'Content-Type': 'application/json' },
    signal: AbortSignal.timeout(REQUEST_MS),
    ...(request.body ? { body: JSON.stringify(request.body) } : {}),
  }).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'TimeoutError') throw error;
    throw offline(place);
  });
  const text = await response.text();
  const answer = parse(text);
  if (response.ok) return answer as T;
  throw problemOf(answer, place, response.status);
}

/** The answer in pieces, however long it takes. Throws as `callGateway`, and `incomplete` if it breaks off. */
export async function* streamGateway(
  path: string,
  place: GatewayPlace = gatewayPlace(),
): AsyncGenerator<Uint8Array> {
  const headers = { Authorization: `Bearer ${place.key}` };
  const response = await fetch(`${place.url}${path}`, { headers }).catch(() => {
    throw offline(place);
  });
  if (!response.ok) throw problemOf(parse(await response.text()), place, response.status);
  try {
    for await (const chunk of response.body ?? []) yield chunk;
  } catch (cause) {
    const error = new CliError(
      'incomplete',
      'The gateway has ended the answer too early; run the command again.',
    );
    error.cause = cause;
    throw error;
  }
}

/** The connected client SDK. Throws `offline`, or the gateway's refusal. */
export async function connectClient(place: GatewayPlace = gatewayPlace()): Promise<Client> {
  const client = connect({ url: place.url, token: place.key });
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const stop = client.on('status', ({ state, error }) => {
    if (state === 'online') resolve(undefined);
    // Unlike a page, a command fails at once instead of retrying for ever.
    if (state === 'offline') reject(error ?? offline(place));
    if (state === 'closed') reject(error ?? offline(place));
  });
  try {
    await promise;
    return client;
  } catch (error) {
    client.close();
    throw error;
  } finally {
    stop();
  }
}

function offline({ url }: GatewayPlace): CliError {
  const start = 'Start one with "npx convoke dev", or set CONVOKE_URL to the address of a gateway.';
  return new CliError('offline', `No gateway answers at ${url}. ${start}`);
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(answer: unknown, { url }: GatewayPlace, status: number): Error {
  const { code, detail, errors } = (answer ?? {}) as Partial<Problem>;
  if (code === undefined) {
    return new CliError(
      'not_a_gateway',
      `The server at ${url} (HTTP ${status}) is not a Convoke gateway; check CONVOKE_URL.`,
    );
  }
  // A newer gateway may have more codes.
  if (!Object.hasOwn(ERRORS, code)) return new CliError(code, detail ?? '');
  const known: ErrorCode = code;
  return new ConvokeError(known, detail, { errors });
}
