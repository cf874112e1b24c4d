import {
  LIMITS,
  type AgentSpec,
  type OpenApproval,
  type SessionInput,
  type TurnInput,
} from '../../src/contracts/index.ts';
import type { SessionMachine } from './machine.ts';

/** How an activity of a turn is called in Temporal's Web UI: who may speak, and how far the turn was when it began. */
export function turnStory(
  agents: readonly Pick<AgentSpec, 'name'>[],
  { turn, journal, needs }: Pick<TurnInput, 'turn' | 'journal' | 'needs'>,
): string {
  const names = agents.map(({ name }) => name).join(', ');
  const count = (...kinds: readonly string[]): number =>
    journal.entries.filter(({ kind }) => kinds.includes(kind)).length;
  const steps = count('ask', 'say');
  const calls = count('call');
  const summaries = count('summary');
  const done = [
    ...(summaries > 0 ? [summaries === 1 ? '1 summary' : `${summaries} summaries`] : []),
    ...(steps > 0 ? [numbered(steps, 'step')] : []),
    ...(calls > 0 ? [numbered(calls, 'tool call')] : []),
  ];
  const after = done.length === 0 ? '' : ` (after ${done.join(' and ')})`;
  const where = needs === undefined ? '' : ` on a worker with ${needs}`;
  return `${turn}${after}${where}: ${names === '' ? 'nobody may speak' : names}`;
}

/** What people have to decide upon, as Temporal's Web UI shows it; empty: nothing. */
export function waitStory(
  approvals: readonly Pick<OpenApproval, 'title' | 'approvers' | 'approvedBy'>[],
): string {
  const told = approvals.map(({ title, approvers: { names = [], roles = [], count }, approvedBy }) => {
    const left = count - approvedBy.length;
    const who = [...names, ...roles].join(', ');
    return `approval of "${title}" by ${left}${who === '' ? '' : ` of ${who}`}`;
  });
  return told.join(', ').slice(0, LIMITS.approvalTitleChars);
}

function numbered(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

type Told = Pick<SessionMachine, 'state' | 'turns' | 'waits' | 'castOf'>;

/** Agents that are named. */
const NAMED = 16;

/** Who may speak in the turn at work, and which people it has asked. */
function peopleRows({ turns: { current }, castOf }: Pick<Told, 'turns' | 'castOf'>): readonly string[] {
  if (!current) return [];
  const cast = castOf(current.roster).map(({ name }) => name);
  const more = cast.length > NAMED ? ` and ${cast.length - NAMED} more` : '';
  const asked = current.questions.list().filter(({ message }) => message === undefined);
  return [
    ...(cast.length > 0 ? [`who may speak: ${cast.slice(0, NAMED).join(', ')}${more}`] : []),
    ...asked.map(({ name }) => `waits for an answer of ${plain(name)}`),
  ];
}

/** Names of people are free text: no Markdown comes of them. */
function plain(name: string): string {
  return name.replaceAll(/[\\`*_[\]()<>#|]/g, ' ').slice(0, LIMITS.approvalTitleChars);
}

/**
 * What the Web UI shows of a session right now, as Markdown: its renderer knows a list only after an empty line. `console`: a link to the
 * session in the console; absent: there is none.
 */
export function sessionStory(machine: Told, { console }: Pick<SessionInput, 'console'> = {}): string {
  const { status, turns, queued, running, known } = machine.state(0);
  const waits = waitStory(machine.waits.approvals);
  const { phase = 'over', waitsForPlace = false } = machine.turns.current ?? {};
  const what = waitsForPlace ? 'waits for a place' : waits === '' ? `is ${phase}` : `waits for ${waits}`;
  const main = running ? `turn **${running.turn}** ${what}` : 'idle';
  const { summary } = machine.turns.memory;
  const cast = (roster: Parameters<Told['castOf']>[0]): ReturnType<Told['castOf']> => machine.castOf(roster);
  const rows = [
    ...(running ? peopleRows({ turns: machine.turns, castOf: cast }) : []),
    ...machine.turns.beside.map((each) => `beside it turn **${each.turn}** is ${each.phase}`),
    `${numbered(turns, 'turn')} so far, ${queued === 0 ? 'no message' : numbered(queued, 'message')} waiting`,
    `${numbered(known.seq, 'event')} in the log`,
    ...(console === undefined ? [] : [`[open it in the console](${console})`]),
    ...(summary?.step === undefined ? [] : [`summary up to turn t${summary.upTo} in step ${summary.step}`]),
  ];
  return `Session is **${status}**: ${main}.\n\n${rows.map((row) => `- ${row}`).join('\n')}`;
}

/** What the Web UI's page "Call Stack" shows if workers keep no stack traces, as plain text. */
export function stackStory(machine: Told): string {
  return [
    'These workers keep no stack traces: taking one for every promise costs a fifth of their CPU.',
    'To see where the code of the workflow waits: "node scripts/build.mjs --stacks", and restart the workers.',
    '',
    sessionStory(machine).replaceAll('**', ''),
  ].join('\n');
}
