/** Parsers of command arguments, with a message for every mistake. */
import { InvalidArgumentError, Option } from 'commander';
import { isId, LIMITS, parsePosition, type Limits } from '../contracts/index.ts';

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

export function messageId(text: string): string {
  if (isId(text)) return text;
  throw new InvalidArgumentError('A message id is 1 to 64 characters of A-Z a-z 0-9 _ -.');
}

export function tenantId(text: string): string {
  if (isId(text)) return text;
  throw new InvalidArgumentError('An id is 1 to 64 characters of A-Z a-z 0-9 _ -.');
}

export function scheduleId(text: string): string {
  if (isId(text)) return text;
  throw new InvalidArgumentError('The id of a schedule is 1 to 64 characters of A-Z a-z 0-9 _ -.');
}

/** Names, separated by commas. */
export function agentNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every(isId)) return names;
  throw new InvalidArgumentError(
    'It must be names like writer,critic: each 1 to 64 characters of A-Z a-z 0-9 _ -.',
  );
}

/** For commander: names of people, separated by commas. */
export function peopleNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('It must be names like Ada,Bob.');
}

/** For commander, of an option that may be repeated: a limit and its number. */
export function limit(text: string, before: Limits = {}): Limits {
  const [name = '', number = ''] = text.split('=');
  const value = Number(number);
  if (Object.hasOwn(LIMITS.budget, name) && number !== '' && value >= 0) return { ...before, [name]: value };
  const names = Object.keys(LIMITS.budget).join(', ');
  throw new InvalidArgumentError(`It must be a limit and a number, as steps=50; limits are ${names}.`);
}

/** An option that can be given several times. */
export function several(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** `{epoch}:{seq}` or a plain seq, as the API accepts it. */
export function cursorText(text: string): string {
  if (/^\d{1,12}$/.test(text) || parsePosition(text)) return text;
  throw new InvalidArgumentError('It must be a cursor like 1700000000000:12, or an event number.');
}

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time (ISO 8601), or how far ahead it is; ms since the Unix epoch. */
export function moment(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Date.now() + Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError(
    'It must be a time like 2026-12-24T18:00:00Z, or one ahead like 90s, 10m, 2h, 3d.',
  );
}

/** How long, ms. */
export function duration(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
  if (ms > 0 && ms <= LIMITS.idleMostMs) return ms;
  throw new InvalidArgumentError('It must be a time like 90s, 10m, 2h, 3d, at most 365d.');
}

/** Columns of the narrowest usual terminal, which breaks the words of longer lines. */
const COLUMNS = 80;

/** A command in one line, or in several of the same command where an option begins. */
function continued(line: string): string {
  const [first = '', ...options] = line.split(/ (?=--)/);
  const lines = [`  $ ${first}`];
  for (const option of options) {
    const longer = `${lines.pop() ?? ''} ${option}`;
    if (longer.length + 2 <= COLUMNS) lines.push(longer);
    else lines.push(`${longer.slice(0, -option.length)}\\`, `      ${option}`);
  }
  return lines.join('\n');
}

/** Examples below the help of a command. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map(continued).join('\n')}\n`;
}

/** Created per command, because commander stores values in it. */
export function configOption(): Option {
  return new Option(
    '--config <file>',
    'agents and teams of your own (default: convoke.config.ts, if there is one)',
  ).env('CONVOKE_CONFIG');
}
