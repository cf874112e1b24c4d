/** Ports behind a measure do what they did, and what came of it is counted. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ConvokeError, type ErrorCode } from '../../src/contracts/index.ts';
import type { Intake } from '../../src/ingest/index.ts';
import { decided, measuredIntake, measuredPlaces } from '../../src/main/measured.ts';
import { NO_METRICS } from '../../src/telemetry/index.ts';
import { counting, type Counted } from '../support/counted.ts';

const ACME = { tenant: 'acme' };

let counted: Counted;
beforeEach(() => {
  counted = counting();
});
afterEach(() => counted.metrics.close());

class FakeIntake {
  readonly #receipt = { status: 'accepted' };

  async send(_principal: object, session: unknown): Promise<object> {
    if (session === 'closed') throw new ConvokeError('session_closed');
    if (session === 'away') throw new ConvokeError('temporal_unavailable');
    if (session === 'broken') throw new TypeError('not a function');
    return this.#receipt;
  }

  async control(): Promise<object> {
    throw new ConvokeError('session_not_found');
  }
}

const intakeOf = (metrics = counted.metrics): Intake =>
  measuredIntake(new FakeIntake() as unknown as Intake, metrics); // safety: no more of it is called

test('a message is told as accepted, refused or failed, and whoever sent it hears the same as without', async () => {
  const intake = intakeOf();
  await expect(intake.send(ACME, 's', {})).resolves.toEqual({ status: 'accepted' });
  await expect(intake.send(ACME, 'closed', {})).rejects.toMatchObject({ code: 'session_closed' });
  await expect(intake.send(ACME, 'away', {})).rejects.toMatchObject({ code: 'temporal_unavailable' });
  await expect(intake.send(ACME, 'broken', {})).rejects.toThrow('not a function');
  const stage = { stage: 'ingest', tenant: 'acme' };
  const outcomes = ['ok', 'refused', 'failed'].map((outcome) =>
    counted.value('convoke_stage_total', { ...stage, outcome }),
  );
  expect(await Promise.all(outcomes)).toEqual([1, 1, 2]);
  expect(await counted.value('convoke_stage_seconds_count', stage)).toBe(4);
  expect(await counted.value('convoke_errors_total', { operation: 'send', code: 'session_closed' })).toBe(1);
  expect(await counted.value('convoke_errors_total', { operation: 'send', code: 'internal' })).toBe(1);
});

test('a control is told by its name, and is no message', async () => {
  await expect(intakeOf().control(ACME, 's', 'cancel', {})).rejects.toThrow(ConvokeError);
  expect(await counted.value('convoke_intake_total', { operation: 'cancel', outcome: 'refused' })).toBe(1);
  expect(await counted.value('convoke_stage_total')).toBeUndefined();
});

test('nothing stands in front of a port if nobody asks', () => {
  const intake = new FakeIntake() as unknown as Intake; // safety: it is not called
  expect(measuredIntake(intake, NO_METRICS)).toBe(intake);
});

test.each<[ErrorCode, string, string]>([
  ['rate_limited', 'messages', 'refused'],
  ['quota_exceeded', 'messages', 'refused'],
  ['inbox_full', 'inbox', 'refused'],
  ['log_unavailable', 'messages', 'unknown'],
])('%s is a decision about %s: %s', async (code, limit, decision) => {
  const of = { limit: 'messages', tenant: 'acme' } as const;
  await decided(counted.metrics, of, async () => 'ok');
  const refused = decided(counted.metrics, of, () => Promise.reject(new ConvokeError(code)));
  await expect(refused).rejects.toMatchObject({ code });
  const told = (each: object): Promise<number | undefined> =>
    counted.value('convoke_limit_decisions_total', { tenant: 'acme', ...each });
  expect(await told({ limit: 'messages', decision: 'allowed' })).toBe(1);
  expect(await told({ limit, decision })).toBe(1);
});

test('a turn is told once as one that waits, and as allowed when it runs', async () => {
  const waiting = { status: 'waiting', since: 1, most: 1, used: 1, place: 1, againInMs: 5 } as const;
  let entered: typeof waiting | { readonly status: 'entered' } = waiting;
  const nothing = (): void => undefined;
  const behind = { enter: async () => entered, leave: nothing, forget: nothing };
  const places = measuredPlaces(behind, counted.metrics);
  const turn = { tenant: 'acme', session: 's', turn: 't1' };
  await places.enter(turn);
  await expect(places.enter(turn, 1)).resolves.toBe(waiting);
  entered = { status: 'entered' };
  await places.enter(turn, 1);
  const told = (decision: string): Promise<number | undefined> =>
    counted.value('convoke_limit_decisions_total', { limit: 'turns', decision, tenant: 'acme' });
  expect([await told('waits'), await told('allowed')]).toEqual([1, 1]);
});
