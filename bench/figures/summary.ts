/** The last turns of a session of 5,000 messages beside its first ones: as it is, and with a summary. */
import { workflowId, turnNumber, type SessionView, type SummaryRequest } from '../../src/contracts/index.ts';
import type { Shape, Talk } from '../engine.ts';
import { atMost, stated, type NamedFigure } from '../figure.ts';
import { historyEvents, historyLength } from '../history.ts';
import { cpuMs } from '../sample.ts';
import type { Stage } from '../stage.ts';
import { compare, redisBytes, refOf } from './long-session.ts';

const TOKENS = 20;
const SUMMARY_TOKENS = 300;
const SHAPE: Shape = { agents: 1, tokens: TOKENS };
const QUESTION = 'How are you?';

const words = (count: number): number =>
  Array.from({ length: count }, (_, index) => `w${index + 1}`).join(' ').length;

interface Plan {
  readonly turns: number;
  /** Turns that are compared, at the beginning and at the end. */
  readonly compared: number;
  readonly afterChars?: number;
}

const PLAN: Plan = { turns: 5_000, compared: 150 };
const SHORT: Plan = { turns: 120, compared: 30, afterChars: 2_000 };

/** What a turn costs. */
interface Cost {
  readonly cpuMs: number;
  readonly events: number;
}

async function costOf(stage: Stage, talk: Talk, turns: number): Promise<Cost> {
  const id = workflowId(refOf(talk));
  const pid = stage.productWorker.pid;
  await historyLength(stage.temporal, id);
  const [events, cpu] = [await historyEvents(stage.temporal, id), cpuMs(pid)];
  for (let turn = 0; turn < turns; turn += 1) await talk.ask();
  const used = cpuMs(pid) - cpu;
  await historyLength(stage.temporal, id);
  const more = (await historyEvents(stage.temporal, id)) - events;
  return { cpuMs: used / turns, events: more / turns };
}

/** What the newest step was shown, UTF-16 code units. */
async function promptChars(stage: Stage, talk: Talk): Promise<number> {
  const url = `${stage.productUrl}/v1/sessions/${talk.session}`;
  const response = await fetch(url, { headers: { Authorization: 'Bearer dev' } });
  const { entries } = (await response.json()) as SessionView; // safety: as PROTOCOL.md says
  const last = entries.findLast((entry) => entry.kind === 'step');
  if (last?.kind !== 'step') throw new Error('the session has no step');
  const { shown, turn } = last;
  const from = shown ? turnNumber(shown.from ?? turn) : 1;
  const earlier = turnNumber(turn) - from;
  const summary = shown?.summary ? words(SUMMARY_TOKENS) : 0;
  return earlier * (QUESTION.length + words(TOKENS)) + QUESTION.length + summary;
}

interface Measured {
  readonly latency: Awaited<ReturnType<typeof compare>>;
  readonly first: Cost;
  readonly last: Cost;
  readonly chars: number;
  readonly bytes: number;
}

/** Both kinds grow at the same time. At the end each is asked by turns with a fresh session, so that a slow minute hits both. */
async function measured(stage: Stage, shapes: readonly Shape[], plan: Plan): Promise<readonly Measured[]> {
  const { turns, compared } = plan;
  const talks: Talk[] = [];
  for (const shape of shapes) talks.push(await stage.product.open(shape));
  const first: Cost[] = [];
  for (const talk of talks) first.push(await costOf(stage, talk, compared));
  await Promise.all(
    talks.map(async (talk) => {
      for (let turn = 3 * compared; turn < turns; turn += 1) await talk.ask();
    }),
  );
  const all: Measured[] = [];
  for (const [index, talk] of talks.entries()) {
    const last = await costOf(stage, talk, compared);
    const [chars, bytes] = [await promptChars(stage, talk), await redisBytes(stage.redis, refOf(talk))];
    const fresh = await stage.product.open(shapes[index] ?? SHAPE);
    const latency = await compare(talk, fresh, compared);
    all.push({ latency, first: first[index] ?? last, last, chars, bytes });
  }
  return all;
}

export async function measureSummary(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const plan = short ? SHORT : PLAN;
  const { turns, compared, afterChars } = plan;
  const scribe = { name: 'scribe', runner: 'scripted', script: { tokens: SUMMARY_TOKENS } };
  const summary: SummaryRequest = { agent: scribe, ...(afterChars === undefined ? {} : { afterChars }) };
  // The first turns of a worker are slow in any session.
  const warm = await stage.product.open(SHAPE);
  for (let turn = 0; turn < compared; turn += 1) await warm.ask();
  warm.close();
  const kinds = ['', ', with a summary'];
  const results = await measured(stage, [SHAPE, { ...SHAPE, summary }], plan);
  return results.flatMap(({ latency, first, last, chars, bytes }, index) => {
    const kind = kinds[index] ?? '';
    const name = (what: string): string => `${what}${index === 0 ? 'Long' : 'Summed'}`;
    const figure = (what: keyof Cost, title: string): NamedFigure => {
      const early = `(first ${compared}: ${first[what].toFixed(1)})`;
      const all = { name: name(what), title: `${title} ${early}`, value: last[what], bare: null };
      return atMost(all, last[what] / first[what], 1.2);
    };
    return [
      atMost(
        {
          name: name('ms'),
          title: `send → last token, last ${compared} of ${turns} turns${kind}, p50, ms (of a fresh session: ${latency.early.toFixed(1)})`,
          ...{ value: latency.late, bare: null },
        },
        latency.ratio,
        1.2,
      ),
      figure('cpuMs', `the same${kind}: CPU of the worker, ms a turn`),
      figure('events', `the same${kind}: history events a turn, continue-as-new included`),
      stated(name('promptChars'), `the same${kind}: what an agent is shown, characters`, chars),
      stated(name('redisBytes'), `the same${kind}: bytes in Redis`, bytes),
    ];
  });
}
