/** `convoke sessions`, `show`, `cancel`, `wake`, `close`, `reopen`: inspect and control sessions. */
import { counted, readableText, shownText } from '../../contracts/index.ts';
import type {
  CancelReply,
  MessageEntry,
  ReopenReply,
  SessionPage,
  SessionView,
  StepEntry,
  WakeReply,
} from '../../contracts/index.ts';
import { waitLine } from '../people.ts';
import { callLine, failedLine, placeLine, resultLine, rolledBackLine, summaryLine } from '../calls.ts';
import { callGateway } from '../gateway-api.ts';
import { table, Transcript } from '../terminal.ts';

interface Json {
  readonly json?: boolean;
}

export interface ListOptions extends Json {
  readonly status?: string;
  readonly team?: string;
  readonly parent?: string;
  readonly limit: number;
}

export interface CancelOptions extends Json {
  readonly turn?: string;
  readonly step?: string;
  readonly all?: true;
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export async function listSessions(options: ListOptions): Promise<void> {
  const { status, team, parent, limit } = options;
  const query = { status, team, parent, limit: String(limit) };
  const page = await callGateway<SessionPage>({ path: '/v1/sessions', query });
  if (options.json) {
    printJson(page);
    return;
  }
  if (page.data.length === 0) {
    process.stdout.write('No sessions. Open one: npx convoke send --open my-session "Hello"\n');
    return;
  }
  const rows = page.data.map(({ id, status: state, team: rule, createdAt }) => [
    id,
    state,
    rule,
    new Date(createdAt).toISOString(),
  ]);
  process.stdout.write(table([['SESSION', 'STATUS', 'TEAM', 'OPENED'], ...rows]));
  if (page.next !== null)
    process.stdout.write(`There are more than ${limit}: use --limit, --status or --team\n`);
}

export async function showSession(id: string, { json }: Json): Promise<void> {
  const view = await callGateway<SessionView>({ path: `/v1/sessions/${id}` });
  if (json) {
    printJson(view);
    return;
  }
  const { status, team, members, position, turns, parent } = view;
  const origin = parent ? ` · fork of ${parent.session} at ${parent.seq}` : '';
  process.stdout.write(
    `${id}  ${status} · ${team.name}: ${membersText(members)} · ${counted(turns.length, 'turn')} · cursor ${position.epoch}:${position.seq}${origin}\n\n`,
  );
  const transcript = new Transcript();
  if (view.truncated) transcript.note('older entries: npx convoke tail ' + id);
  for (const turn of turns) if (turn.rolledBack) transcript.note(rolledBackLine(turn), 'yellow');
  for (const entry of view.entries) {
    if (entry.kind === 'message') showMessage(entry, transcript);
    else showStep(entry, transcript);
  }
  for (const { waiting } of turns) if (waiting) transcript.note(placeLine(waiting), 'yellow');
  for (const open of view.approvals) transcript.note(waitLine(open), 'yellow');
}

/** Agents, then people. */
function membersText(members: SessionView['members']): string {
  const agents = members.filter(({ kind }) => kind === 'agent');
  const people = members.filter(({ kind }) => kind === 'person').map(({ name }) => name);
  const names = agents.map(({ name, status }) => (status === 'paused' ? `${name} (paused)` : name));
  return [names.join(' → '), ...(people.length === 0 ? [] : [`with ${people.join(', ')}`])].join(' · ');
}

/** One that was rejected at once has no text in the log. */
function showMessage(entry: MessageEntry, transcript: Transcript): void {
  const { messageId, from = 'user', parts, status, code } = entry;
  if (parts.length > 0) transcript.line(from, readableText(parts) || '(data)');
  if (status === 'rejected') transcript.note(`message ${messageId} was rejected: ${code ?? ''}`, 'yellow');
  const note = standingOf(entry);
  if (note !== '') transcript.note(note, 'yellow');
}

/** What is special about a message; '' if nothing is. */
function standingOf({ status, policy, turn }: MessageEntry): string {
  if (status === 'superseded') return 'superseded by a later message';
  if (policy === undefined || status === 'rejected') return '';
  return status === 'consumed' ? `${policy}: part of ${turn ?? 'a turn'}` : `${policy}: ${status}`;
}

/** An answer that only calls tools has no text: the calls are entries of their own. */
function showStep(entry: StepEntry, transcript: Transcript): void {
  const { agent, use, text, status, failure, shown, summarises } = entry;
  if (use) transcript.note(callLine(agent, use));
  if (summarises && text !== '') transcript.note(summaryLine(summarises, text));
  else if (use && status === 'completed') transcript.note(resultLine(use.tool, text));
  else if (text !== '') transcript.line(agent, text);
  const who = use?.tool ?? agent;
  if (failure) transcript.note(failedLine(who, failure), 'yellow');
  else if (status !== 'completed') transcript.note(`${who}: ${status}`, 'yellow');
  if (shown) transcript.note(`${agent} ${shownText(shown)}`);
}

export async function cancel(id: string, { json, turn, step, all }: CancelOptions): Promise<void> {
  const body = {
    ...(turn === undefined ? {} : { turn }),
    ...(step === undefined ? {} : { step }),
    ...(all ? { all } : {}),
  };
  const path = `/v1/sessions/${id}/cancel`;
  const reply = await callGateway<CancelReply>({ method: 'POST', path, body });
  if (json) printJson(reply);
  else
    process.stdout.write(
      `${[reply.status, reply.turn, reply.step, ...(reply.turns ?? [])].filter(Boolean).join('  ')}\n`,
    );
}

export async function wake(id: string, { json, turn }: Json & { readonly turn?: string }): Promise<void> {
  const body = turn === undefined ? {} : { turn };
  const reply = await callGateway<WakeReply>({ method: 'POST', path: `/v1/sessions/${id}/wake`, body });
  if (json) printJson(reply);
  else process.stdout.write(reply.status === 'woken' ? `woken  ${reply.turn ?? ''}\n` : 'Nothing sleeps.\n');
}

export async function closeSession(id: string, { json }: Json): Promise<void> {
  await callGateway({ method: 'DELETE', path: `/v1/sessions/${id}` });
  if (json) printJson({ session: id, status: 'closing' });
  else process.stdout.write('The session is closing; accepted messages are still answered.\n');
}

export async function reopenSession(id: string, { json }: Json): Promise<void> {
  const reply = await callGateway<ReopenReply>({ method: 'POST', path: `/v1/sessions/${id}/reopen` });
  if (json) printJson(reply);
  else
    process.stdout.write(
      reply.status === 'open' ? 'The session was not closed.\n' : 'The session is open again.\n',
    );
}
