/** From what the scripts answer to what the port promises. */
import type { EventDraft, LoggedEvent, Placement, Position, SessionInfo } from '../contracts/index.ts';
import type { OpenLogStep } from './log.ts';
import type { LuaReply } from './scripts.ts';

export function list(reply: LuaReply | undefined): LuaReply[] {
  if (!Array.isArray(reply)) throw new TypeError('the session log answered in an unknown form');
  return reply;
}

export function text(reply: LuaReply | undefined): string {
  return typeof reply === 'string' ? reply : String(reply ?? '');
}

/** `{epoch, seq}` as two strings. */
export function position(reply: LuaReply | undefined): Position {
  const [epoch, seq] = list(reply);
  return { epoch: Number(epoch), seq: Number(seq) };
}

/** An event from its stored JSON and its position. */
export function loggedEvent(seq: number, json: string): LoggedEvent {
  const draft = JSON.parse(json) as LoggedEvent; // safety: only this adapter writes the stream
  return { ...draft, seq };
}

/** Flat seq, json, seq, json, …; an event that has been trimmed meanwhile is left out. */
export function events(reply: LuaReply | undefined): LoggedEvent[] {
  const flat = list(reply);
  const found: LoggedEvent[] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const json = text(flat[index + 1]);
    if (json !== '') found.push(loggedEvent(Number(flat[index]), json));
  }
  return found;
}

/** What a log was created with. */
export function infoIn(json: string): SessionInfo {
  return JSON.parse(json) as SessionInfo; // safety: written by `create` only
}

/** The newest change of the members, without its position; null: there was none. */
export function membersEvent(reply: LuaReply | undefined): LoggedEvent | null {
  const json = text(reply);
  return json === '' ? null : loggedEvent(0, json);
}

/** What the log was created with, and the newest change of the members since, if there was one. */
export function membersIn(info: SessionInfo, change: EventDraft | null): SessionInfo {
  if (change?.type !== 'session.members') return info;
  const { revision, members: all, agents } = change.data;
  // A log that was built anew may have been told of a later one.
  if (revision < (info.roster?.revision ?? 0)) return info;
  return { ...info, roster: { revision, members: all, agents } };
}

/** Flat id, seq, id, seq, … */
export function placements(reply: LuaReply | undefined): Placement[] {
  const flat = list(reply);
  const found: Placement[] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    found.push({ id: text(flat[index]), seq: Number(flat[index + 1]) });
  }
  return found;
}

/** What a step has said: a text, or a row of tokens. */
export type Said = string | { readonly row: string };

export interface StoredStep extends Omit<OpenLogStep, 'text' | 'reasoning'> {
  readonly text: Said;
  readonly reasoning: Said;
}

function said(reply: LuaReply | undefined): Said {
  return Array.isArray(reply) ? { row: text(reply[0]) } : text(reply);
}

/** Flat step, turn, agent, attempt, text, reasoning, …; what is sealed is a list of one. */
export function openSteps(reply: LuaReply | undefined): StoredStep[] {
  const flat = list(reply);
  const found: StoredStep[] = [];
  for (let index = 0; index < flat.length; index += 6) {
    const [step = '', turn = '', agent = '', attempt] = flat.slice(index, index + 4).map(text);
    const place = { step, turn, agent, attempt: Number(attempt) };
    found.push({ ...place, text: said(flat[index + 4]), reasoning: said(flat[index + 5]) });
  }
  return found;
}
