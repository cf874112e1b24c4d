/**
 * A turn as an async iterable. It reads the view and yields what is new since the last piece. Nothing is queued for a slow reader, who gets
 * larger pieces instead, and a snapshot in the middle of a turn is just another view.
 */
import { ConvokeError, receiptOf, turnNumber } from '../contracts/public.ts';
import type { OpenApproval, Receipt, SessionView, StepEntry, ToolCall } from '../contracts/public.ts';
import type { Unsubscribe } from './emitter.ts';
import { failureError, isRetryable } from './errors.ts';
import { nextChange } from './following.ts';
import { pause } from './timing.ts';

/** More of what is said in one step. */
interface Said<T extends 'text' | 'reasoning' | 'progress' | 'result'> {
  readonly type: T;
  readonly turn: string;
  readonly step: string;
  readonly agent: string;
  readonly attempt: number;
  readonly text: string;
}

/** A piece of a turn. */
export type TurnPiece =
  | Said<'text'>
  /** The model's reasoning before its answer. */
  | Said<'reasoning'>
  /** The agent calls a tool: a step of its own, whose progress and result follow. */
  | {
      readonly type: 'call';
      readonly turn: string;
      readonly step: string;
      readonly agent: string;
      readonly call: ToolCall;
    }
  /** What a tool tells of its work. */
  | (Said<'progress'> & { readonly tool: string })
  /** What a call of a tool gave the agent; the agent goes on in another step. */
  | (Said<'result'> & { readonly tool: string })
  /** Discard all text, reasoning and progress of this step so far: the step is tried again. `attempt` is the one withdrawn. */
  | {
      readonly type: 'withdrawn';
      readonly turn: string;
      readonly step: string;
      readonly agent: string;
      readonly attempt: number;
    }
  /** The turn waits until people have decided; again if what is to be approved has been edited. */
  | { readonly type: 'approval'; readonly turn: string; readonly approval: OpenApproval }
  /** Always the last piece. (A failed turn throws instead.) */
  | { readonly type: 'ended'; readonly turn: string; readonly status: 'completed' | 'cancelled' };

/** Which turn: by its id, or by a message that is part of it. */
export type TurnTarget = { readonly turn: string } | { readonly messageId: string };

/** Where the views come from. */
export interface TurnSource {
  readonly view: SessionView | null;
  /** Why there will be no further view; null while there may be one. */
  readonly failure: Error | null;
  /** Calls back on every new view or failure. */
  onChange(listener: () => void): Unsubscribe;
  /** Where a message stands, as the server knows it. */
  receipt(messageId: string): Promise<Receipt>;
}

/** If a truncated view does not show a message, the server is asked after this time, ms: the message may still be on its way. */
const LOOK_UP_AFTER_MS = 1_000;

/** What the reader has got of each step. */
type Told = Map<string, { readonly attempt: number; readonly text: string; readonly reasoning: string }>;

/**
 * The pieces of a turn, from its beginning (what was said already comes in one piece) to its end.
 *
 * Throws the turn's failure (`agent_failed`, …), the code of a rejected message, `turn_not_found` if the view no longer reaches back to
 * the turn, `message_not_found` if the server does not know the message, the session's failure, and the reason of `signal`.
 */
export async function* streamTurn(
  source: TurnSource,
  target: TurnTarget,
  signal?: AbortSignal,
): AsyncGenerator<TurnPiece, void, void> {
  const told: Told = new Map();
  const shown = new Set<string>();
  let turn = 'turn' in target ? target.turn : undefined;
  let asked: Promise<string | undefined> | undefined;
  for (;;) {
    signal?.throwIfAborted();
    // Listen before looking, so that nothing is missed while the reader is busy.
    const change = nextChange(source, signal);
    try {
      const { view } = source;
      if (view) {
        if ('messageId' in target) {
          turn = turnOfMessage(view, target.messageId) ?? turn;
          if (turn === undefined && view.truncated) asked ??= lookUp(source, target.messageId);
        }
        if (turn !== undefined) {
          turn = mergedInto(view, turn);
          yield* news(view, turn, told);
          yield* approvalNews(view, turn, shown);
          const end = endOf(view, turn);
          if (end) {
            yield end;
            return;
          }
        }
      }
      if (source.failure) throw source.failure;
      if (turn !== undefined || !asked) {
        await change.happened;
        continue;
      }
      const answer = await Promise.race([change.happened, asked.then((found) => ({ found }))]);
      if (!answer) continue;
      turn = answer.found;
      asked = undefined;
    } finally {
      change.stop();
    }
  }
}

/** The turn in which the messages of this one are answered: itself, unless it was merged. */
function mergedInto({ turns }: SessionView, turn: string): string {
  let last = turn;
  for (let into: string | undefined = turn; into !== undefined;) {
    last = into;
    into = turns.find((each) => each.turn === last)?.into;
  }
  return last;
}

/** The turn of a message; undefined while it has none. Throws if there will be none. */
function turnOfMessage(view: SessionView, messageId: string): string | undefined {
  const entry = view.entries.find((each) => each.kind === 'message' && each.messageId === messageId);
  if (entry?.kind !== 'message') return undefined;
  if (entry.turn) return entry.turn;
  if (entry.status === 'rejected') throw failureError(entry.code ?? 'internal');
  return undefined;
}

/** The turn of a message according to the server; undefined if the view has it by now or the server cannot tell yet. Throws if there is none. */
async function lookUp(source: TurnSource, messageId: string): Promise<string | undefined> {
  await pause(LOOK_UP_AFTER_MS);
  if (source.view && receiptOf(source.view, messageId)) return undefined;
  try {
    const { turn, code } = await source.receipt(messageId);
    if (turn !== undefined) return turn;
    throw code === undefined ? new ConvokeError('turn_not_found') : failureError(code);
  } catch (error) {
    if (isRetryable(error)) return undefined;
    throw error;
  }
}

/** What is new in a turn since the last call; remembers it as told. */
function news(view: SessionView, turn: string, told: Told): TurnPiece[] {
  const pieces: TurnPiece[] = [];
  for (const entry of view.entries) {
    // A summary of the session is no part of the answer.
    const isIts = entry.kind === 'step' && entry.turn === turn && !entry.summarises;
    if (isIts) pieces.push(...stepNews(entry, told));
  }
  return pieces;
}

/** What people have to decide upon and were not told of yet, by its hash; remembers it as shown. */
function approvalNews(view: SessionView, turn: string, shown: Set<string>): TurnPiece[] {
  const open = view.approvals.filter((each) => each.turn === turn && !shown.has(each.hash));
  for (const { hash } of open) shown.add(hash);
  return open.map((approval) => ({ type: 'approval', turn, approval }));
}

/** What a tool's text and reasoning are. */
const OF_TOOL = { reasoning: 'progress', text: 'result' } as const;

function stepNews(entry: StepEntry, told: Told): TurnPiece[] {
  const { step, turn, agent, attempt, text, use, reasoning = '' } = entry;
  const who = { turn, step, agent };
  const pieces: TurnPiece[] = [];
  if (use && !told.has(step)) pieces.push({ type: 'call', ...who, call: use });
  const before = told.get(step) ?? { attempt, text: '', reasoning: '' };
  // The end of a step carries its whole text: if it continues the known text, it is the same attempt.
  const goesOn = before.attempt === attempt && text.startsWith(before.text);
  if (!goesOn && (before.text || before.reasoning))
    pieces.push({ type: 'withdrawn', ...who, attempt: before.attempt });
  const had = goesOn ? before : { text: '', reasoning: '' };
  // An end event may omit the reasoning, which withdraws nothing.
  const thoughts = reasoning.startsWith(had.reasoning) ? reasoning : had.reasoning;
  for (const [type, whole, old] of [
    ['reasoning', thoughts, had.reasoning],
    ['text', text, had.text],
  ] as const) {
    const said = { ...who, attempt, text: whole.slice(old.length) };
    if (said.text !== '')
      pieces.push(use ? { type: OF_TOOL[type], ...said, tool: use.tool } : { type, ...said });
  }
  told.set(step, { attempt, text, reasoning: thoughts });
  return pieces;
}

/** The end of a turn; null while it runs. Throws its failure. */
function endOf(view: SessionView, turn: string): TurnPiece | null {
  const entry = view.turns.find((each) => each.turn === turn);
  if (entry?.status === 'failed') {
    throw failureError(entry.failure ?? { code: 'internal', message: 'The turn failed.' });
  }
  if (view.truncated && isDropped(view, turn)) {
    throw new ConvokeError('turn_not_found', 'The turn is older than the view; page its events instead.');
  }
  return entry && entry.status !== 'running' ? { type: 'ended', turn, status: entry.status } : null;
}

/** True if a truncated view has dropped what was said in a turn. Turns stay in a view longer than their steps. */
function isDropped({ turns, entries }: SessionView, turn: string): boolean {
  const entry = turns.find((each) => each.turn === turn);
  if (entry)
    return (
      entry.status === 'completed' && !entries.some((each) => each.kind === 'step' && each.turn === turn)
    );
  const [oldest] = turns;
  return oldest !== undefined && turnNumber(turn) < turnNumber(oldest.turn);
}
