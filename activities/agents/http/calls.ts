/** Puts together the tool calls of an answer, whose pieces servers send in many forms. */
import { LIMITS } from '../../../src/contracts/index.ts';
import { RunnerError } from '../runner.ts';
import { isRecord } from './frames.ts';

/** Begins the ids of calls that came without one. */
export const NO_ID = '?';

type Json = Readonly<Record<string, unknown>>;

/** A piece of a call, or a whole one. Empty texts: the piece does not tell. */
export interface CallPiece {
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly args: string;
}

export interface WholeCall {
  /** Empty: the server gave none. */
  readonly id: string;
  readonly name: string;
  /** Should be JSON. */
  readonly args: string;
}

/** The pieces in a delta or message: `tool_calls`, or `function_call` from before there were several. */
export function callsIn(part: Json): readonly CallPiece[] {
  const { tool_calls: many, function_call: one } = part;
  if (Array.isArray(many)) return many.filter(isRecord).map(pieceOf);
  return isRecord(one) ? [pieceOf({ index: 0, function: one })] : [];
}

function pieceOf(call: Json): CallPiece {
  const told = isRecord(call['function']) ? call['function'] : call;
  const index = typeof call['index'] === 'string' ? Number.parseInt(call['index'], 10) : call['index'];
  const args = told['arguments'] ?? told['input'];
  return {
    index: Number.isInteger(index) ? (index as number) : undefined,
    id: textOf(call['id']),
    name: textOf(told['name']),
    args: typeof args === 'string' ? args : isRecord(args) ? JSON.stringify(args) : '',
  };
}

interface OpenCall {
  readonly index: number | undefined;
  id: string;
  name: string;
  args: string;
}

export class Calls {
  readonly #calls: OpenCall[] = [];
  #chars = 0;

  /** Throws `agent_output_too_large`. */
  add(piece: CallPiece): void {
    const open = this.#find(piece);
    open.id ||= piece.id;
    open.name ||= piece.name;
    // Some tell all arguments once more at the end.
    if (piece.args === open.args && isJson(open.args)) return;
    open.args += piece.args;
    this.#chars += piece.args.length;
    if (this.#chars > LIMITS.stepChars)
      throw new RunnerError('agent_output_too_large', 'The arguments of the tool calls are too long.', {
        retryable: false,
      });
  }

  /** Those with a name, in the order in which they began. */
  get all(): readonly WholeCall[] {
    return this.#calls.filter(({ name }) => name !== '');
  }

  /** The call that the piece belongs to, or a new one. An index alone does not tell: some servers give all calls the same. */
  #find(piece: CallPiece): OpenCall {
    const { index, id } = piece;
    const last =
      index === undefined ? this.#calls.at(-1) : this.#calls.findLast((call) => call.index === index);
    const same = id === '' ? undefined : this.#calls.find((call) => call.id === id);
    if (same) return same;
    if (last && !begins(piece, last)) return last;
    const next = { index, id: '', name: '', args: '' };
    this.#calls.push(next);
    return next;
  }
}

/** True if the piece is the first of another call than the one before. */
function begins({ index, id, name }: CallPiece, last: OpenCall): boolean {
  if (id !== '') return last.id !== '' && name !== '';
  if (name === '' || last.name === '') return false;
  // A name that is repeated in every piece, against a second call of the same tool.
  if (index !== undefined) return false;
  return name !== last.name || isJson(last.args);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
