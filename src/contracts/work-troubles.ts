/** What holds turns up, from what workers tell: who is missing, what is slow, and who waits. */
import { counted } from './counted.ts';
import { LIMITS } from './limits/index.ts';
import { needsInWords } from './needs.ts';
import type {
  EndpointUse,
  GoneWorker,
  SystemStatus,
  ToldWorker,
  Trouble,
  WaitingTurn,
  WorkerStep,
} from './system.ts';

/** A turn that runs for longer is told, ms. */
const LONG_MS = 2 * 60_000;
/** Of each worker so many of these. */
const LONG_TURNS = 3;
/** An endpoint whose median first token takes so long is slow, ms; told from so many calls on. */
const SLOW_MS = 10_000;
const CALLS = 3;
/** Sessions that one sentence names. */
const NAMED = 3;

const error = (text: string): Trouble => ({ level: 'error', text });
const warning = (text: string): Trouble => ({ level: 'warning', text });

export function troublesOfWork({ data, gone = [] }: SystemStatus['workers'], at: number): readonly Trouble[] {
  // One that was started again under the same name is not gone.
  const lost = gone.filter(({ id }) => !data.some((each) => each.id === id));
  return [
    ...missing(data, lost, at),
    ...endpoints(data),
    ...waiting(data, at),
    ...data.flatMap((worker) => longTurns(worker, at)),
    ...lost.map(ofGone),
  ];
}

/** What turns needed lately, and no worker has. */
function missing(
  workers: readonly ToldWorker[],
  gone: readonly GoneWorker[],
  at: number,
): readonly Trouble[] {
  const asked = new Map<string, number>();
  for (const { needs, times, lastAt } of workers.flatMap(({ lacked = [] }) => lacked))
    if (at - lastAt < LIMITS.recentMs) asked.set(needs, (asked.get(needs) ?? 0) + times);
  const has = ({ queues }: Pick<ToldWorker, 'queues'>, needs: string): boolean =>
    queues.slice(1).some((queue) => queue.endsWith(`.${needs}`));
  return [...asked]
    .filter(([needs]) => !workers.some((worker) => !worker.draining && has(worker, needs)))
    .map(([needs, times]) => {
      const last = gone.find((worker) => has(worker, needs));
      const who = last ? ` Worker ${last.id} had it, and has been gone for ${span(last.toldMsAgo)}.` : '';
      return error(
        `No worker has ${needsInWords(needs)}, and turns that need it fail: ${counted(times, 'turn')} in the last ${span(LIMITS.recentMs)}.${who} Start a worker that has it.`,
      );
    });
}

/** Each endpoint as the worker knows it that has called it most. */
function endpoints(workers: readonly ToldWorker[]): readonly Trouble[] {
  const most = new Map<string, EndpointUse & { readonly id: string }>();
  for (const { id, endpoints: uses = [] } of workers)
    for (const use of uses)
      if (use.calls > (most.get(use.provider)?.calls ?? 0)) most.set(use.provider, { ...use, id });
  return [...most.values()].flatMap(({ id, provider, calls, failed, firstMs = 0 }) => {
    if (calls < CALLS) return [];
    const seen = `of the last ${calls} calls of worker ${id}`;
    if (2 * failed >= calls)
      return [error(`Model endpoint ${provider} fails: ${failed} ${seen}. See the log of that worker.`)];
    return firstMs >= SLOW_MS
      ? [
          warning(
            `Model endpoint ${provider} is slow: ${span(firstMs)} until the first token, the median ${seen}.`,
          ),
        ]
      : [];
  });
}

/** Turns that wait for a place, tenant by tenant. */
function waiting(workers: readonly ToldWorker[], at: number): readonly Trouble[] {
  // Whichever worker it has asked last.
  const turns = new Map<string, WaitingTurn>();
  for (const turn of workers.flatMap(({ waiting: told = [] }) => told)) {
    const key = [turn.tenant, turn.session, turn.turn].join(' ');
    if (turn.until + LIMITS.waitingGraceMs > at && turn.until > (turns.get(key)?.until ?? 0))
      turns.set(key, turn);
  }
  for (const { tenant, session, turn } of workers.flatMap(({ longest }) => longest))
    turns.delete([tenant, session, turn].join(' '));
  const tenants = Map.groupBy(turns.values(), ({ tenant }) => tenant);
  return [...tenants].map(([tenant, all]) => {
    const sessions = [...new Set(all.map(({ session }) => session))];
    const more = sessions.length > NAMED ? ` and ${sessions.length - NAMED} more` : '';
    const most = Math.max(...all.map((each) => each.most));
    const longest = span(at - Math.min(...all.map(({ since }) => since)));
    return {
      ...warning(
        `Tenant ${tenant} runs as many turns as it may (runningTurns ${most}): ${counted(all.length, 'turn')} of ${sessions.slice(0, NAMED).join(', ')}${more} ${all.length === 1 ? 'waits' : 'wait'}, the longest for ${longest}.`,
      ),
      tenant,
    };
  });
}

function longTurns({ id, longest }: ToldWorker, at: number): readonly Trouble[] {
  return longest
    .filter(({ startedAt }) => at - startedAt > LONG_MS)
    .slice(0, LONG_TURNS)
    .map(({ tenant, session, turn, startedAt, doing }) => {
      const what = doing ? `: ${does(doing)}, for ${span(at - doing.startedAt)}` : '';
      const ran = Math.round((at - startedAt) / 60_000);
      return {
        ...warning(`Turn ${turn} of ${tenant}/${session} has run for ${ran} min on worker ${id}${what}.`),
        ...{ tenant, session },
      };
    });
}

function does({ agent, tool, provider, model }: WorkerStep): string {
  if (tool !== undefined) return `tool ${tool} of agent ${agent}`;
  if (provider === undefined) return `agent ${agent}`;
  return `agent ${agent} at model endpoint ${provider}${model === undefined ? '' : ` (${model})`}`;
}

function ofGone({ id, toldMsAgo, agents, teams, longest }: GoneWorker): Trouble {
  const had = [...agents, ...teams].slice(0, NAMED).join(', ');
  const has = had === '' ? '' : ` It had ${had}.`;
  const ran =
    longest.length === 0 ? '' : ` It ran ${counted(longest.length, 'turn')}, which others take over.`;
  return warning(
    `Worker ${id} has told nothing for ${span(toldMsAgo)}: it was killed, or is cut off from Redis.${has}${ran}`,
  );
}

function span(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
