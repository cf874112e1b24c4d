/** The summaries that a turn makes before its team begins: how many, of what, and when none. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  EMPTY_JOURNAL,
  LIMITS,
  summaryAfter,
  type AgentSpec,
  type Journal,
  type SummaryPoint,
} from '../../../src/contracts/index.ts';
import { Conversations } from '../../../activities/conversation/index.ts';
import { TurnJournal } from '../../../activities/turn/journal.ts';
import { Spending } from '../../../activities/turn/spending.ts';
import type { StepCall, StepOutcome } from '../../../activities/turn/step-call.ts';
import { Summaries, type SummariesHost } from '../../../activities/turn/summaries.ts';
import {
  accepted,
  completed,
  REF,
  ScriptedSession,
  stepStarted,
  turnEnded,
  turnStarted,
} from '../conversation/scripted.ts';

const scribe: AgentSpec = { name: 'scribe', runner: 'small' };
const CHARS = 1_000;
/** What the summarising agent may be shown. */
const ROOM = 20_000;
/** What there is to tell an agent beside the conversation. */
const TASK = 1_000;

let session: ScriptedSession;

beforeEach(() => {
  session = new ScriptedSession();
});

function turn(n: number): void {
  const id = `t${n}`;
  session.put(accepted(id, `${n}?`.padEnd(CHARS, '.')), turnStarted(id), stepStarted(`${id}.1`));
  session.put(completed(`${id}.1`, `${n}.`.padEnd(CHARS, '.')), turnEnded(id));
}

interface Given {
  readonly point?: SummaryPoint;
  readonly journal?: Journal;
  readonly isDurable?: boolean;
  readonly closing?: boolean;
  /** Steps after which the turn is to be handed over. */
  readonly yieldAfter?: number;
}

interface Made {
  readonly calls: readonly StepCall[];
  readonly journal: Journal;
  readonly point: SummaryPoint | undefined;
}

/** What a turn makes that is the next one of the session. */
async function make(n: number, given: Given = {}): Promise<Made> {
  const { point, journal: before = EMPTY_JOURNAL, isDurable = true, closing = false } = given;
  const { yieldAfter = Infinity } = given;
  const calls: StepCall[] = [];
  const journal = new TurnJournal(before, []);
  const host: SummariesHost = {
    ...{ ref: REF, turn: `t${n}`, closing },
    get mustYield() {
      return calls.length >= yieldAfter;
    },
    means: {
      conversations: new Conversations(session.access),
      configured: (agent) => agent,
      runners: { small: { run: () => never(), budgetChars: () => ROOM } },
    },
    log: { whole: () => session.access.log.read(REF, { limit: 0 }) as never },
    state: { journal, open: before.open },
    patiently: (call) => call(),
    async step(call): Promise<StepOutcome> {
      calls.push(call);
      const { path, step, agent, summary } = call;
      if (!summary) throw new Error('only summaries are made here');
      const { upTo, seq } = summary;
      const text = `summary up to ${upTo}`;
      const place = { at: 1, turn: `t${n}`, step, agent };
      const data = { text, summarises: { upTo: `t${upTo}`, seq } };
      session.put({ ...place, id: `step:${step}:end`, type: 'step.completed', data });
      journal.add({ path, kind: 'summary', key: String(upTo), seq, outcome: 'completed' });
      return { status: 'completed', step, agent, text, calls: [] };
    },
  };
  const summaries = new Summaries(host, point ? { summary: point } : {}, isDurable);
  const making = { agents: [], spending: new Spending(), ends: new Map() };
  await summaries.make({ agent: scribe, afterChars: 10_000 }, making);
  const entries = journal.entries();
  return { calls, journal: { entries, open: {} }, point: summaryAfter(point, `t${n}`, entries) };
}

async function* never(): AsyncGenerator<never, void, undefined> {
  yield await Promise.reject(new Error('nobody is asked here'));
}

const sizeOf = ({ summary }: StepCall): number =>
  summary?.conversation.reduce((sum, { text }) => sum + text.length, 0) ?? 0;

describe('a session that is summarised late', () => {
  test('is summarised in pieces that fit, so many a turn, until it has caught up', async () => {
    for (let n = 1; n <= 60; n += 1) turn(n);
    let point: SummaryPoint | undefined;
    const all: StepCall[] = [];
    const counts: number[] = [];
    for (let n = 61; n <= 64; n += 1) {
      session.put(accepted(`t${n}`, 'next'), turnStarted(`t${n}`));
      const made = await make(n, point ? { point } : {});
      all.push(...made.calls);
      counts.push(made.calls.length);
      point = made.point;
      session.put(turnEnded(`t${n}`));
    }
    expect(counts).toEqual([LIMITS.summaryPasses, 3, 0, 0]);
    for (const call of all) expect(sizeOf(call)).toBeLessThanOrEqual(ROOM - TASK);
    // Each begins with the one before, and goes on where that ended.
    for (const [index, { summary }] of all.entries()) {
      const before = all[index - 1]?.summary?.upTo ?? 0;
      const [first, second] = summary?.conversation ?? [];
      expect(first?.summary?.upTo).toBe(index === 0 ? undefined : `t${before}`);
      const next = index === 0 ? first : second;
      expect(next?.text.startsWith(`${before + 1}?`)).toBe(true);
    }
    expect(point?.upTo).toBeGreaterThanOrEqual(54);
    expect(point?.upTo).toBeLessThan(60);
  });

  test('is handed over between two pieces, and goes on elsewhere', async () => {
    for (let n = 1; n <= 30; n += 1) turn(n);
    session.put(accepted('t31', 'next'), turnStarted('t31'));
    const { journal, calls } = await make(31, { yieldAfter: 1 });
    expect(calls.map(({ step }) => step)).toEqual(['t31.s1']);
    const rest = await make(31, { journal });
    expect(rest.calls.map(({ step }) => step)).toEqual(['t31.s2', 't31.s3']);
    expect(rest.calls[0]?.summary?.conversation[0]?.summary?.upTo).toBe(`t${calls[0]?.summary?.upTo}`);
  });
});

describe('none is made', () => {
  const due = async (given: Given): Promise<number> => (await make(21, given)).calls.length;

  beforeEach(() => {
    for (let n = 1; n <= 20; n += 1) turn(n);
    session.put(accepted('t21', 'next'), turnStarted('t21'));
  });

  test('once the team has begun', async () => {
    expect(await due({})).toBeGreaterThan(0);
    const said = { path: '1', kind: 'ask', key: 'a', outcome: 'completed' } as const;
    expect(await due({ journal: { entries: [said], open: {} } })).toBe(0);
    const open = { 't21.1': { attempt: 1, failures: 0, reason: '' } };
    expect(await due({ journal: { entries: [], open } })).toBe(0);
  });

  test('while the session closes, and soon after one has failed', async () => {
    expect(await due({ closing: true })).toBe(0);
    expect(await due({ point: { upTo: 0, seq: 0, failed: 20 } })).toBe(0);
    expect(await due({ point: { upTo: 0, seq: 0, failed: 13 } })).toBeGreaterThan(0);
  });

  test('inside a workflow task: the turn is called again outside', async () => {
    await expect(due({ isDurable: false })).rejects.toMatchObject({ kind: 'superseded' });
    await expect(due({ isDurable: false, point: { upTo: 19, seq: 95 } })).resolves.toBe(0);
  });
});
