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

/** What the log was created with, and the newest change of the members since, if there was one. */
export function sessionInfo(created: LuaReply | undefined, members: LuaReply | undefined): SessionInfo {
  const info = JSON.parse(text(created)) as SessionInfo; // safety: written by `create` only
  const json = text(members);
  const change = json === '' ? null : (JSON.parse(json) as EventDraft); // safety: only this adapter writes it
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

/** Flat step, turn, agent, attempt, text, reasoning, … */
export function openSteps(reply: LuaReply | undefined): OpenLogStep[] {
  const flat = list(reply).map(text);
  const found: OpenLogStep[] = [];
  for (let index = 0; index < flat.length; index += 6) {
    const [step = '', turn = '', agent = '', attempt, said = '', reasoning = ''] = flat.slice(
      index,
      index + 6,
    );
    const open = { step, turn, agent, attempt: Number(attempt), text: said };
    found.push(reasoning === '' ? open : { ...open, reasoning });
  }
  return found;
}
