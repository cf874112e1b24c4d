/** From what the port is given to what the scripts are told. */
import {
  LIMITS,
  endsStep,
  endsTurn,
  eventId,
  type Delta,
  type EventDraft,
  type Position,
  type SessionInfo,
  type SessionRef,
} from '../contracts/index.ts';
import { logKeys } from './keys.ts';
import type { Closing } from './log.ts';

/** What is sealed of a draft, and what it is bound to. */
export type Clear = Pick<EventDraft, 'type' | 'turn'> & { readonly data: object };

/** In the place of what is sealed; undefined: it is told as it is. */
export type Token = string | undefined;

/** What scripts are told of a write: of its drafts in their order, of the end that a closing makes, of what a log is created with. */
export interface Tokens {
  readonly drafts: readonly Token[];
  readonly closing?: Token;
  readonly info?: Token;
}

/** What was made of a text: `count` tokens, each followed by a space. */
export interface TokenRow {
  readonly tokens: string;
  readonly count: number;
}

/** Nothing is sealed. */
export const IN_THE_CLEAR: Tokens = { drafts: [] };

/** What opens a step: who speaks, in which turn, and the id of the end that it will have. */
export function startArg(step: string, turn = '', agent = ''): string {
  return JSON.stringify({ step, turn, agent, ends: eventId.stepEnded(step) });
}

/** What a draft opens or ends. */
function meaningOf({ type, step, turn, agent }: EventDraft, data?: string): string {
  if (type === 'session.members') return '{"members":true}';
  if (endsTurn(type)) return JSON.stringify({ ends: 'turn', turn });
  if (step === undefined) return '';
  if (type === 'step.started') return `{"starts":${startArg(step, turn, agent)}}`;
  return endsStep(type) ? JSON.stringify({ ends: 'step', step, data }) : '';
}

/** True for an end that gets what the step has said: it has no text, and no reasoning, of its own. */
export function takesText(draft: EventDraft): boolean {
  if (draft.type !== 'step.cancelled' && draft.type !== 'step.failed') return false;
  return draft.step !== undefined && draft.data.text === '' && !draft.data.reasoning;
}

/** The data of an end that gets what its step has said, as JSON: without a text. */
function endData(data: object): string {
  return JSON.stringify({ ...data, text: undefined, reasoning: undefined });
}

/** What is sealed of a draft, as JSON; '' if its data says nothing. */
export function sealedData(clear: Clear | EventDraft): string {
  const json = 'id' in clear && takesText(clear) ? endData(clear.data) : JSON.stringify(clear.data);
  return json === '{}' ? '' : json;
}

/** An event as the log holds it, as JSON. */
export function storedJson(draft: Clear | EventDraft, token?: Token): string {
  if (token === undefined) return JSON.stringify(draft);
  const { data: _data, ...rest } = draft;
  return JSON.stringify({ ...rest, sealed: { data: token } });
}

/** Id, JSON and meaning of each draft. */
export function draftArgs(drafts: readonly EventDraft[], tokens: readonly Token[]): string[] {
  const args = [String(drafts.length)];
  for (const [index, draft] of drafts.entries()) {
    if (takesText(draft)) {
      const { data, ...rest } = draft;
      args.push(draft.id, JSON.stringify(rest), meaningOf(draft, tokens[index] ?? endData(data)));
    } else {
      args.push(draft.id, storedJson(draft, tokens[index]), meaningOf(draft));
    }
  }
  return args;
}

/** How the open steps of a turn end. */
export function closingArg(closing: Closing | undefined, token?: Token): string {
  if (!closing) return '';
  const { turn, step, end } = closing;
  const { data, ...rest } = end;
  return JSON.stringify({
    turn,
    ...(step === undefined ? {} : { step, ends: eventId.stepEnded(step) }),
    mark: `closed:${step ?? turn}`,
    json: JSON.stringify(rest),
    data: token ?? JSON.stringify(data),
    room: LIMITS.closesBytes,
  });
}

/** Messages that wait no longer. */
export function releaseArgs(messageIds: readonly string[] = []): (string | number)[] {
  return [messageIds.length, ...messageIds];
}

/** What a log is created with, as JSON; '' if this writer may not create it: that may who knows no position and brings `session.created`. */
export function createdInfo(known: Position, drafts: readonly EventDraft[]): string {
  const created = drafts.find((draft) => draft.type === 'session.created');
  if (known.epoch !== 0 || created?.type !== 'session.created') return '';
  const info: SessionInfo = { ...created.data, createdAt: created.at };
  return JSON.stringify(info);
}

export function creationArgs(info: string, token?: Token): [string, string, string] {
  return info === '' ? ['', '', ''] : ['1', String(Date.now()), token ?? info];
}

/** Of each part of what a step says: its keys, its length, its notice, and how many tokens it has. */
const PARTS = { text: ['texts', 'n', 'D', 'k'], reasoning: ['reasonings', 'm', 'T', 'l'] } as const;

/** Keys and arguments of a piece of what a step says. `row`: what was made of its text; null: it is told as it is. */
export function deltaArgs(
  ref: SessionRef,
  { step, attempt, offset, text, part }: Omit<Delta, 'session'>,
  ttl: number,
  row: TokenRow | null,
): (string | number)[] {
  const keys = logKeys(ref);
  const [prefix, field, notice, counted] = PARTS[part ?? 'text'];
  const place = [step, attempt, offset, text.length, ttl, field];
  const { sealedPieces: most, sealedPieceLeastChars: each } = LIMITS;
  const piece = row ? [notice.toLowerCase(), row.tokens, counted, row.count, most, each] : [notice, text];
  return [keys.meta, `${keys[prefix]}${step}`, keys.channel, ...place, ...piece];
}
