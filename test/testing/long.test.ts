/** Sessions that are longer than what agents may be shown. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { isSummaryStep, type SessionEvent } from '../../src/contracts/index.ts';
import { agent, defineConfig } from '../../src/project/index.ts';
import { openSession, type TestSession, type TestTurn } from '../../src/testing/index.ts';

const talker = { name: 'talker', runner: 'scripted', script: { say: 'I hear you.' } } as const;

/** Of a turn: what its agents were told that they were shown. */
const shownIn = ({ events }: TestTurn): readonly unknown[] =>
  events.flatMap((event) => (event.type === 'step.completed' && event.data.shown ? [event.data.shown] : []));

async function talk(session: TestSession, turns: number, chars: number): Promise<readonly TestTurn[]> {
  const all: TestTurn[] = [];
  for (let n = 1; n <= turns; n += 1) all.push(await session.send(`${n} `.padEnd(chars, '.')));
  return all;
}

describe('what was left out', () => {
  test('is told from the first step on that is not shown everything', async () => {
    const session = await openSession({ agents: [talker] });
    const turns = await talk(session, 6, 30_000);
    // 128 Ki characters: four messages and a half.
    expect(turns.slice(0, 4).flatMap(shownIn)).toEqual([]);
    expect(turns.slice(4).map(shownIn)).toEqual([
      [{ from: 't2', leftOut: { from: 't1', upTo: 't1' } }],
      [{ from: 't3', leftOut: { from: 't1', upTo: 't2' } }],
    ]);
    const entries = session.view.entries.filter((entry) => entry.kind === 'step');
    expect(entries.at(-1)?.shown?.from).toBe('t3');
  });
});

/** What the summarising agent was shown, call by call. */
let read: { readonly text: string; readonly summary: boolean }[][] = [];
/** What it does instead of summarising, call by call. */
let faults: (string | undefined)[] = [];

const config = defineConfig({
  agents: {
    scribe: agent.code(async function* ({ conversation }) {
      read.push(
        conversation.map(({ text, summary }) => ({ text: text.trim(), summary: summary !== undefined })),
      );
      const fault = faults.shift();
      if (fault !== undefined) throw new Error(fault);
      yield `Summary ${read.length}`;
      yield { type: 'usage', usage: { inputTokens: 90, outputTokens: 10 } };
    }),
    reader: agent.code(async function* ({ conversation }) {
      const [first] = conversation;
      yield `${first?.summary ? first.text : 'no summary'}, ${conversation.length} shown`;
    }),
  },
});

const summary = { agent: 'scribe', afterChars: 1_000 };

const summariesIn = (events: readonly SessionEvent[]): readonly unknown[] =>
  events.flatMap((event) =>
    event.type === 'step.completed' && event.data.summarises
      ? [{ step: event.step, upTo: event.data.summarises.upTo, text: event.data.text }]
      : [],
  );

describe('a session with a summary', () => {
  beforeEach(() => {
    read = [];
    faults = [];
  });

  test('is summarised every few turns, each time from the summary before', async () => {
    const session = await openSession({ config, agents: ['reader'], summary });
    const turns = await talk(session, 24, 100);
    const made = summariesIn(session.events) as readonly { step: string; upTo: string; text: string }[];
    expect(made.map(({ text }) => text)).toEqual(made.map((_, index) => `Summary ${index + 1}`));
    expect(made.length).toBeGreaterThan(1);
    expect(made.length).toBeLessThan(8);
    // The first is told what was said from the beginning, the next the one before and what came after it.
    expect(read[0]?.[0]).toEqual({ text: '1 '.padEnd(100, '.'), summary: false });
    const upTo = Number(made[0]?.upTo.slice(1));
    expect(read[1]?.slice(0, 2)).toEqual([
      { text: 'Summary 1', summary: true },
      { text: `${upTo + 1} `.padEnd(100, '.'), summary: false },
    ]);
    const last = turns.at(-1);
    expect(last?.texts).toHaveLength(1);
    expect(last?.texts[0]).toContain(`Summary ${made.length},`);
    // Nothing is left out: it is in the summary, or shown.
    const newest = made.at(-1);
    expect(last && shownIn(last)).toEqual([
      {
        from: `t${Number(newest?.upTo.slice(1)) + 1}`,
        summary: { step: newest?.step, upTo: newest?.upTo },
      },
    ]);
  });

  test('goes on with its summary elsewhere', async () => {
    const session = await openSession({ config, agents: ['reader'], summary });
    await talk(session, 12, 100);
    const [before] = (await talk(session, 1, 100)).flatMap(({ texts }) => texts);
    session.handOver();
    const [after] = (await talk(session, 1, 100)).flatMap(({ texts }) => texts);
    expect(before).toMatch(/^Summary \d+,/);
    expect(after).toMatch(/^Summary \d+,/);
  });

  test('answers although a summary fails, says so, and tries again some turns later', async () => {
    const session = await openSession({ config, agents: ['reader'], summary });
    faults = ['no', 'no'];
    const turns = await talk(session, 30, 100);
    expect(turns.map(({ status }) => status)).toEqual(turns.map(() => 'completed'));
    const failed = session.events.filter(({ type }) => type === 'step.failed');
    expect(failed.map(({ step = '' }) => isSummaryStep(step))).toEqual([true]);
    const [first] = summariesIn(session.events) as readonly { step: string }[];
    const turnOf = (step = ''): number => Number(/\d+/.exec(step)?.[0]);
    expect(turnOf(first?.step) - turnOf(failed[0]?.step)).toBe(8);
    // Nothing is lost with it.
    expect(read.at(2)?.[0]?.text).toBe('1 '.padEnd(100, '.'));
  });

  test('shows nothing of a turn that was rolled back', async () => {
    const session = await openSession({ config, agents: ['reader'], summary });
    await talk(session, 3, 100);
    const slow = await openSession({
      config: defineConfig({
        agents: {
          ...config.agents,
          slow: agent.code(async function* ({ conversation, signal }) {
            yield 'ok';
            if (!conversation.at(-1)?.text.startsWith('secret')) return;
            await new Promise((_, reject) =>
              signal.addEventListener('abort', () => reject(signal.reason as Error)),
            );
          }),
        },
      }),
      ...{ agents: ['slow'], summary },
    });
    await talk(slow, 2, 100);
    const secret = slow.send('secret '.padEnd(100, '.'));
    await slow.until(({ type, turn }) => type === 'step.started' && turn === 't3');
    await slow.send({ text: 'Forget that.', policy: 'rollback' });
    await secret;
    await talk(slow, 20, 100);
    const all = read.flat().map(({ text }) => text);
    expect(read.length).toBeGreaterThan(0);
    expect(all.some((text) => text.startsWith('Forget that.'))).toBe(true);
    expect(all.filter((text) => text.startsWith('secret'))).toEqual([]);
  });

  test('counts its summaries against the limits of a turn, which they do not use up', async () => {
    const limits = { steps: 2, tokens: 150 };
    const session = await openSession({ config, agents: ['reader'], summary, limits });
    const turns = await talk(session, 12, 100);
    expect(turns.map(({ status }) => status)).toEqual(turns.map(() => 'completed'));
    expect(summariesIn(session.events).length).toBeGreaterThan(0);
    const tight = await openSession({ config, agents: ['reader'], summary, limits: { steps: 1 } });
    await talk(tight, 12, 100);
    expect(summariesIn(tight.events)).toEqual([]);
    const poor = await openSession({ config, agents: ['reader'], summary, limits: { tokens: 50 } });
    const ends = await talk(poor, 12, 100);
    const end = ends.find(({ status }) => status === 'failed')?.events.at(-1);
    expect(end).toMatchObject({ type: 'turn.failed', data: { code: 'budget_spent', guard: 'tokens' } });
  });

  test('may be one that the configuration says of all sessions', async () => {
    const all = defineConfig({ ...config, summary: { agent: 'scribe', afterChars: 1_000 } });
    const session = await openSession({ config: all, agents: ['reader'] });
    await talk(session, 12, 100);
    expect(summariesIn(session.events).length).toBeGreaterThan(0);
  });

  test('is made by an agent that takes part, too, and is no answer of it', async () => {
    const session = await openSession({ config, agents: ['scribe'], summary });
    const turns = await talk(session, 12, 100);
    expect(turns.every(({ texts }) => texts.length === 1)).toBe(true);
    expect(summariesIn(session.events).length).toBeGreaterThan(0);
    const made = session.view.entries.filter((entry) => entry.kind === 'step' && entry.summarises);
    expect(made).toHaveLength(summariesIn(session.events).length);
  });
});
