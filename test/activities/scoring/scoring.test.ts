/** Scorers on finished turns: what they are shown, what becomes of what they say, and what happens if they misbehave. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { RunnerError, type AgentRunner, type RunRequest } from '../../../activities/agents/runner.ts';
import { scoreAfter, scoreTurn, type ScoringDeps } from '../../../activities/scoring/score-turn.ts';
import type { ScoredTurn, Scorer, ScorerCode } from '../../../activities/scoring/scorer.ts';
import {
  LIMITS,
  type FeedbackRequest,
  type Scoring,
  type TurnInput,
  type TurnResult,
} from '../../../src/contracts/index.ts';
import {
  accepted,
  completed,
  REF,
  ScriptedSession,
  turnEnded,
  turnStarted,
} from '../conversation/scripted.ts';

const INPUT = { ...REF, turn: 't1', scorer: 'own' };

let session: ScriptedSession;
let given: FeedbackRequest[];
let warned: unknown[];

beforeEach(() => {
  session = new ScriptedSession();
  session.put(accepted('t1', 'What is it?'), turnStarted('t1'), completed('t1.1', 'A draft.'));
  session.put(completed('t1.2', 'An answer.'), turnEnded('t1'));
  given = [];
  warned = [];
});

function depsOf(scorer: Scorer, more: Partial<ScoringDeps> = {}): ScoringDeps {
  return {
    ...session.access,
    scorers: new Map([['own', scorer]]),
    giveFeedback: async (_ref, feedback) => void given.push(feedback),
    runners: {},
    logger: { warn: (told: unknown) => void warned.push(told) },
    ...more,
  };
}

const coded = (code: ScorerCode, rate = 1): Scorer => ({ kind: 'code', code, rate, private: true });
const run = (deps: ScoringDeps, signal = new AbortController().signal): Promise<void> =>
  scoreTurn(deps, INPUT, { attempt: 1, signal });

describe('a scorer in code', () => {
  test.each([
    ['the log', () => undefined],
    ['the archive', () => Object.assign(session, { first: 6, archivedTo: 5 })],
    ['the workflow, if the log is lost', () => Object.assign(session, { lost: true })],
  ])('is shown the whole turn, out of %s', async (_, arrange) => {
    session.put(accepted('t2', 'And then?'), turnStarted('t2'));
    arrange();
    const shown: ScoredTurn[] = [];
    const code: ScorerCode = (turn) => {
      shown.push(turn);
      return { score: 1 };
    };
    await run(depsOf(coded(code)));
    const steps = [
      { step: 't1.1', text: 'A draft.' },
      { step: 't1.2', text: 'An answer.' },
    ];
    expect(shown).toMatchObject([{ ...REF, turn: 't1', messages: [{ text: 'What is it?' }], steps }]);
    expect(shown[0]!.answer).toBe('An answer.');
    expect(given).toEqual([{ turn: 't1', from: 'scorer:own', feedbackId: 't1', score: 1, private: true }]);
  });

  test('says nothing of a turn, or too much: what is too long is cut', async () => {
    await run(depsOf(coded(() => null)));
    expect(given).toEqual([]);
    const comment = 'é'.repeat(LIMITS.commentChars + 9);
    await run(depsOf(coded(() => ({ label: 'two words', comment }))));
    expect(given).toMatchObject([{ comment: comment.slice(0, LIMITS.commentChars) }]);
    expect(given[0]).not.toHaveProperty('label');
  });

  test('fails if its score is none, and is told of in the log of the worker', async () => {
    await expect(run(depsOf(coded(() => ({ score: 7 }))))).rejects.toMatchObject({
      code: 'agent_output_invalid',
    });
    expect(warned).toMatchObject([{ ...INPUT, attempt: 1 }]);
    expect(given).toEqual([]);
  });

  test('is not waited for after its time', async () => {
    const over = new AbortController();
    const never = coded(() => {
      queueMicrotask(() => over.abort(new Error('over')));
      return new Promise(() => undefined);
    });
    await expect(run(depsOf(never), over.signal)).rejects.toThrow('over');
  });

  test('that this worker does not have is for another one', async () => {
    const deps = depsOf(
      coded(() => null),
      { scorers: new Map() },
    );
    await expect(run(deps)).rejects.toMatchObject({ code: 'worker_unavailable' });
  });
});

describe('a model as a judge', () => {
  const judge: Scorer = { kind: 'model', judge: { rubric: 'RUBRIC' }, rate: 1, private: false };
  const saying = (asked: RunRequest[], text: string): Partial<ScoringDeps> => {
    const model: AgentRunner = {
      async *run(request) {
        asked.push(request);
        yield { type: 'text', text };
      },
    };
    return { runners: { model } };
  };

  test('is shown rubric and turn, within bounds, and its answer is the feedback', async () => {
    session = new ScriptedSession();
    session.put(accepted('t1', 'What is it?'), turnStarted('t1'));
    session.put(completed('t1.1', 'x'.repeat(2 * LIMITS.judgedChars)), turnEnded('t1'));
    const asked: RunRequest[] = [];
    await run(depsOf(judge, saying(asked, '```json\n{"score": 0.5, "label": "long"}\n```')));
    const { agent, conversation, tenant } = asked[0]!;
    expect(tenant).toBe(REF.tenant);
    expect(agent.instructions).toContain('RUBRIC');
    expect(conversation[0]!.text).toContain('What is it?');
    expect(conversation[0]!.text.length).toBeLessThan(LIMITS.judgedChars + 100);
    expect(given).toEqual([{ turn: 't1', from: 'scorer:own', feedbackId: 't1', score: 0.5, label: 'long' }]);
  });

  test.each([
    'I would say it is good.',
    '[1]',
    '{"comment": "no score"}',
    'x'.repeat(LIMITS.judgementChars + 1),
  ])('is asked again if it answers otherwise (%#)', async (text) => {
    const failed = run(depsOf(judge, saying([], text)));
    await expect(failed).rejects.toMatchObject({ code: 'agent_output_invalid', retryable: true });
    await expect(failed).rejects.toBeInstanceOf(RunnerError);
  });

  test('cannot be asked without a model', async () => {
    await expect(run(depsOf(judge))).rejects.toMatchObject({ code: 'no_worker_for_agent', retryable: false });
  });
});

describe('after a turn', () => {
  // safety: nothing else is looked at
  const input = { ...REF, turn: 't1' } as TurnInput;
  const ended = (type: string, status = 'done'): TurnResult =>
    ({ status, report: { events: [{ type, turn: 't1' }] } }) as unknown as TurnResult;
  const scorer = coded(() => null);

  test('that has been completed, scorers are started; after any other none is', async () => {
    const started: Scoring[] = [];
    const startScoring = async (scoring: Scoring): Promise<void> => void started.push(scoring);
    const deps = depsOf(scorer, { startScoring });
    for (const result of [ended('turn.failed'), ended('step.completed'), ended('turn.completed', 'yielded')])
      await scoreAfter(deps, input, result);
    await scoreAfter(
      { ...deps, scorers: new Map([['own', coded(() => null, 0)]]) },
      input,
      ended('turn.completed'),
    );
    await scoreAfter({ ...deps, scorers: new Map() }, input, ended('turn.completed'));
    expect(started).toEqual([]);
    await scoreAfter(deps, input, ended('turn.completed'));
    expect(started).toEqual([{ ...REF, turn: 't1', scorers: ['own'] }]);
  });

  test('nothing that goes wrong reaches it', async () => {
    const startScoring = (): Promise<void> => Promise.reject(new Error('away'));
    await scoreAfter(depsOf(scorer, { startScoring }), input, ended('turn.completed'));
    expect(warned).toMatchObject([{ turn: 't1' }]);
  });
});
