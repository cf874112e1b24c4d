/** Failures of commands: one line with a code, what happened and what to do; never a stack. */
import { isConvokeError } from '../contracts/index.ts';

/** Something that a command cannot do. The message says what to do about it. */
export class CliError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'CliError';
    this.code = code;
  }
}

/** What to do about codes of the error table when one sits at a terminal. */
const ADVICE: Readonly<Record<string, string>> = {
  unauthorized: 'Set CONVOKE_KEY to a key of this gateway.',
  offline: 'Start one with "npx convoke dev", or set CONVOKE_URL to the address of a gateway.',
  timeout: 'Look at "npx convoke ps".',
  session_not_found:
    'See the list with "npx convoke sessions", or open it: "npx convoke send --open SESSION TEXT".',
  session_exists: 'Leave out --open, or choose another id.',
  temporal_unavailable: 'Look at "npx convoke ps".',
  worker_unavailable: 'Look at "npx convoke ps": is there a worker?',
  log_unavailable: 'Look at "npx convoke ps": is there a Redis?',
  internal: 'The log of the gateway or the worker says more.',
};

export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What is said about anything thrown. */
export function failureOf(error: unknown): Failure {
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
  if (error instanceof CliError) return { code: error.code, message };
  const code = codeOf(error);
  const details = isConvokeError(error) ? (error.errors ?? []) : [];
  const said = [message, ...details.map((each) => `${each.pointer}: ${each.message}`)].join(' ');
  const advice = ADVICE[code];
  return { code, message: advice ? `${said} ${advice}` : said };
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
 * A command's action that reports what it throws and sets the exit code 1. The options are the last argument but one, as commander
 * passes them.
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
