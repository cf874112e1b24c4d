/** Parsers of command arguments, with a message for every mistake. */
import { InvalidArgumentError, Option } from 'commander';
import { isId, LIMITS, parsePosition } from '../contracts/index.ts';

const MAX_PORT = 65_535;
const MAX_PROCESSES = 32;

/** For commander: a whole number in a range. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

export const portNumber = wholeNumber(1, MAX_PORT);
export const processCount = wholeNumber(1, MAX_PROCESSES);
export const eventNumber = wholeNumber(1, 1e12);
export const pageSize = wholeNumber(1, LIMITS.pageSessions);

export function sessionId(text: string): string {
  if (isId(text)) return text;
  throw new InvalidArgumentError('A session id is 1 to 64 characters of A-Z a-z 0-9 _ -.');
}

/** Names, separated by commas. */
export function agentNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every(isId)) return names;
  throw new InvalidArgumentError(
    'It must be names like writer,critic: each 1 to 64 characters of A-Z a-z 0-9 _ -.',
  );
}

/** `{epoch}:{seq}` or a plain seq, as the API accepts it. */
export function cursorText(text: string): string {
  if (/^\d{1,12}$/.test(text) || parsePosition(text)) return text;
  throw new InvalidArgumentError('It must be a cursor like 1700000000000:12, or an event number.');
}

/** Examples below the help of a command. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}

/** Created per command, because commander stores values in it. */
export function configOption(): Option {
  return new Option(
    '--config <file>',
    'agents and teams of your own (default: convoke.config.ts, if there is one)',
  ).env('CONVOKE_CONFIG');
}
