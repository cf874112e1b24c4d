import { LIMITS, type AgentSpec, type OpenApproval, type TurnInput } from '../../src/contracts/index.ts';
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

/** What the Web UI shows of a session right now. */
export function sessionStory(machine: Pick<SessionMachine, 'state' | 'turns' | 'waits'>): string {
  const { status, turns, queued, running, known } = machine.state(0);
  const { summary } = machine.turns.memory;
  const told = summary?.step === undefined ? '' : ` Summary up to turn t${summary.upTo} in ${summary.step}.`;
  const waits = waitStory(machine.waits.approvals);
  const phase = machine.turns.current?.phase ?? 'over';
  const what = waits === '' ? `is ${phase}` : `waits for ${waits}`;
  const main = running ? `turn **${running.turn}** ${what}` : 'idle';
  const others = machine.turns.beside.map((each) => `**${each.turn}** is ${each.phase}`);
  const now = others.length === 0 ? main : `${main}; beside it ${others.join(', ')}`;
  return `Session is **${status}**: ${now}. ${turns} turns, ${queued} waiting, log at ${known.seq}.${told}`;
}
