/** Failures of commands: one line with a code, what happened and what to do; never a stack. */
import { isConvokeError, withoutCredentials } from '../contracts/index.ts';

/** A failure of a command. The message says what to do about it. */
export class CliError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'CliError';
    this.code = code;
  }
}

/** A mistake in a setting. */
export function configMistake(where: string, sentence: string): CliError {
  return new CliError('config_invalid', `${where}: ${sentence}`);
}

/** Advice for a person at a terminal, by error code. */
const ADVICE: Readonly<Record<string, string>> = {
  unauthorized: 'Set CONVOKE_KEY to a key of this gateway.',
  offline: 'Start one with "npx convoke dev", or set CONVOKE_URL to the address of a gateway.',
  timeout: 'Check "npx convoke ps".',
  session_not_found:
    'List sessions with "npx convoke sessions", or open it: "npx convoke send --open SESSION TEXT".',
  session_exists: 'Omit --open, or choose another id.',
  tenant_exists: 'Change it with "npx convoke tenants set".',
  tenant_not_found: 'List tenants with "npx convoke tenants".',
  key_not_found: 'List keys with "npx convoke keys".',
  temporal_unavailable: 'Check "npx convoke ps".',
  temporal_not_set_up: 'See "npx convoke doctor", with the environment of the gateway.',
  worker_unavailable: 'Check "npx convoke ps": is a worker running?',
  log_unavailable: 'Check "npx convoke ps": is Redis running?',
  internal: 'See the log of the gateway or the worker.',
};

/** The same failure, of a command for operators: an operator's key has a variable of its own. */
export function asOperator(error: unknown): unknown {
  if (!isConvokeError(error) || error.code !== 'unauthorized') return error;
  return new CliError(
    error.code,
    `${error.message} Set CONVOKE_OPERATOR_KEY to an operator’s key of this gateway.`,
  );
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** The failure to report for anything thrown. */
export function failureOf(error: unknown): Failure {
  const text = error instanceof Error ? error.message : String(error);
  const message = withoutCredentials(text.replace(/\s+/g, ' ').trim());
  if (error instanceof CliError) return { code: error.code, message };
  const code = codeOf(error);
  const [first, ...others] = isConvokeError(error) ? (error.errors ?? []) : [];
  // The message tells the first one, as a rule.
  const isTold = first !== undefined && message.includes(first.message.replace(/\s+/g, ' ').trim());
  const news = first === undefined || isTold ? others : [first, ...others];
  const said = [message, ...news.map(toldOf)].join(' ');
  const advice = ADVICE[code];
  return { code, message: advice ? `${said} ${advice}` : said };
}

function toldOf({ pointer, message }: { readonly pointer: string; readonly message: string }): string {
  const sentence = `${pointer === '' ? 'the request' : pointer}: ${message}`.replace(/\s+/g, ' ').trim();
  return sentence.endsWith('.') ? sentence : `${sentence}.`;
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof Error && error.name === 'TimeoutError') return 'timeout';
  return 'internal';
}

/** One line for people, or one JSON object for programs. */
export function failureLine(error: unknown, json: boolean): string {
  const failure = failureOf(error);
  return json ? JSON.stringify({ error: failure }) : `convoke: ${failure.code}: ${failure.message}`;
}

/**
 * Wraps a command's action: reports what it throws and sets exit code 1. Commander passes the options as the last argument but one.
 */
export function guarded<A extends readonly unknown[]>(
  action: (...args: A) => Promise<void>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      process.stderr.write(`${failureLine(error, args.some(wantsJson))}\n`);
      if (process.env['CONVOKE_LOG_LEVEL'] === 'debug' && error instanceof Error) {
        process.stderr.write(`${error.stack ?? ''}\n`);
      }
      process.exitCode = 1;
    }
  };
}

function wantsJson(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'json' in value && value.json === true;
}
