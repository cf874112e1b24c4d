/** Whatever happens in whatever order: nothing is lost, nothing is doubled, everything ends. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  endsStep,
  endsTurn,
  LIMITS,
  POLICIES,
  reasonOf,
  turnNumber,
  type InterjectionPolicy,
  type LoggedEvent,
} from '../../../src/contracts/index.ts';
import type { FakeTurn } from './fake-turn.ts';
import { faultsOfChannels, publishes } from './publishing.ts';
import { Simulation } from './simulation.ts';

/** Something that can happen at times. `which`: one of many that it could be. */
interface Happening {
  readonly name: string;
  readonly weight: number;
  can(session: Simulation): boolean;
  act(session: Simulation, which: number): void;
}

/** Three of these fill the inbox. */
const LONG = 'x'.repeat(LIMITS.inboxChars / 2.5);
const WEIGHTS: Partial<Record<InterjectionPolicy, number>> = { steer: 4, parallel: 4 };
const PAUSES = [[], [1], [20], [60, 1], [20, 20]];
const PLACE = { path: '', kind: 'retry', key: '', until: 50, since: 1 } as const;
const MESSAGES = 12;
const TURNS = 9;

const messageId = (which: number): string => `m${1 + (which % MESSAGES)}`;
const always = (): boolean => true;
const working = ({ working: turns }: Simulation): boolean => turns.length > 0;
/** One of the activities at work. */
const one = ({ working: turns }: Simulation, which: number): FakeTurn | undefined =>
  turns[which % turns.length];
const isBack = ({ result }: FakeTurn): boolean => result !== null;

const HAPPENINGS: readonly Happening[] = [
  { name: 'a message', weight: 5, can: always, act: (s, which) => s.send(messageId(which)) },
  { name: 'a long message', weight: 1, can: always, act: (s, which) => s.send(messageId(which), LONG) },
  {
    ...{ name: 'a message after a turn', weight: 1, can: always },
    act: (s, which) => s.send(messageId(which), 'next', { ended: `t${1 + (which % TURNS)}` }),
  },
  {
    ...{ name: 'a cancel', weight: 3, can: always },
    act: (s, which) => s.cancel(which % 2 === 0 ? undefined : `t${1 + (which % TURNS)}`),
  },
  {
    ...{ name: 'a cancel of a step', weight: 2, can: always },
    act: (s, which) => s.cancelStep(`t${1 + (which % TURNS)}.${1 + (which % 3)}`),
  },
  { name: 'a cancel of all', weight: 0.3, can: always, act: (s) => s.cancelAll() },
  ...POLICIES.map((policy) => ({
    ...{ name: `a message with the policy ${policy}`, weight: WEIGHTS[policy] ?? 1, can: always },
    act: (s: Simulation, which: number): void => s.send(messageId(which), 'now', { policy }),
  })),
  {
    ...{ name: 'a channel event', weight: 3, can: always },
    act: (s, which) => publishes(s, `e${1 + (which % MESSAGES)}`, which % 4 === 0),
  },
  { name: 'a close', weight: 0.2, can: always, act: (s) => s.close() },
  { name: 'the loop acts', weight: 12, can: (s) => s.move !== null, act: (s) => s.act() },
  { name: 'the loop acts in a full run', weight: 4, can: (s) => !s.isPublishing, act: (s) => s.act(true) },
  { name: 'a publish lands', weight: 8, can: (s) => s.isPublishing, act: (s) => s.publishLands() },
  { name: 'a publish reports', weight: 8, can: (s) => s.isPublished, act: (s) => s.publishReports() },
  { name: 'a step begins', weight: 6, can: working, act: (s, which) => one(s, which)?.begin() },
  {
    ...{
      name: 'a step ends',
      weight: 6,
      can: (s: Simulation) => s.working.some(({ isSpeaking }) => isSpeaking),
    },
    act: (s, which) => {
      const speaking = s.working.filter(({ isSpeaking }) => isSpeaking);
      speaking[(which >> 1) % speaking.length]?.end(which % 2 === 0);
    },
  },
  { name: 'what is durable is shown', weight: 4, can: working, act: (s, which) => one(s, which)?.show() },
  { name: 'the turn beats', weight: 2, can: working, act: (s, which) => one(s, which)?.beat() },
  { name: 'the turn finishes', weight: 1, can: working, act: (s, which) => one(s, which)?.finish() },
  {
    ...{ name: 'the turn suspends', weight: 3, can: working },
    act: (s, which) => one(s, which >> 2)?.suspend(PAUSES[which % PAUSES.length] ?? []),
  },
  {
    name: 'the turn has no place',
    weight: 2,
    can: working,
    act: (s, which) => one(s, which)?.suspend([], [PLACE]),
  },
  { name: 'a call', weight: 2, can: always, act: (s) => void s.machine.waits.called() },
  {
    ...{ name: 'the turn yields', weight: 2, can: working },
    act: (s, which) => one(s, which >> 1)?.yield(which % 2 === 0 ? 'model' : undefined),
  },
  { name: 'the turn hears of a cancel', weight: 4, can: working, act: (s) => s.turnStops() },
  {
    name: 'the turn reports',
    weight: 8,
    can: (s) => [...s.activities.values()].some(isBack),
    act: (s, which) => {
      const back = [...s.activities.values()].filter(isBack);
      s.turnReports(back[which % back.length]);
    },
  },
  {
    name: 'the turn restarts elsewhere',
    weight: 1,
    can: working,
    act: (s, which) => s.turnRestarts(one(s, which)),
  },
  {
    name: 'the turn is lost',
    weight: 1.5,
    can: working,
    act: (s, which) => s.turnLost(false, one(s, which)),
  },
  {
    name: 'the turn is lost while it stops',
    weight: 1,
    can: working,
    act: (s, which) => s.turnLost(true, one(s, which)),
  },
  { name: 'a zombie begins a step', weight: 1, can: (s) => s.zombie !== null, act: (s) => s.zombieBegins() },
  { name: 'a zombie shows', weight: 1, can: (s) => s.zombie !== null, act: (s) => s.zombie?.show() },
  {
    ...{ name: 'time passes', weight: 4 },
    can: (s) => s.machine.waits.at !== null,
    act: (s, which) => s.wake([5, 30, 100][which % 3] ?? 5),
  },
  { name: 'the world works for a while', weight: 1, can: always, act: (s) => s.settle() },
  { name: 'the log is lost', weight: 1.5, can: always, act: (s) => s.loseLog() },
];

interface Choice {
  /** Of what can happen, in ten-thousandths. */
  readonly what: number;
  readonly which: number;
}

const choices: fc.Arbitrary<readonly Choice[]> = fc.array(
  fc.record({ what: fc.nat(9_999), which: fc.nat(71) }),
  { minLength: 1, maxLength: 120, size: 'max' },
);

function choose(session: Simulation, what: number): Happening {
  const possible = HAPPENINGS.filter(({ can }) => can(session));
  let left = (what / 10_000) * possible.reduce((sum, { weight }) => sum + weight, 0);
  return possible.find(({ weight }) => (left -= weight) < 0) ?? possible[0]!;
}

/** What is wrong with a session that was closed and archived. */
function faultsOf(session: Simulation): string[] {
  return [
    ...faultsOfTranscript(session),
    ...faultsOfMessages(session),
    ...faultsOfChannels(session),
    ...faultsOfSteps(session),
    ...faultsOfLanes(session),
  ];
}

function mergedAs(event: LoggedEvent, code: string): boolean {
  return event.type === 'turn.merged' && event.data.reason.code === code;
}

/** How often a message was taken into a turn. */
function timesAnswered(events: readonly LoggedEvent[], message: string): number {
  return events.filter((event) => {
    const taken = event.type === 'turn.started' || mergedAs(event, 'joined');
    return taken && 'messageIds' in event.data && event.data.messageIds.includes(message);
  }).length;
}

function faultsOfTranscript({ archive: events, accepted, logsLost }: Simulation): string[] {
  const faults = events
    .filter(({ seq }, index) => seq !== index + 1)
    .map(({ id, seq }) => `${id} is at ${seq}`);
  const ids = events.map((event) => event.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`${id} is there twice`);
  const turns = events.filter(({ type }) => endsTurn(type)).length;
  // One that was overtaken starts under another number.
  const overtaken = events.filter((event) => mergedAs(event, 'overtaken')).length;
  if (turns !== accepted.size + overtaken) faults.push(`${accepted.size} messages have ${turns} turns`);
  const started = events.flatMap(({ type, turn = '' }) =>
    type === 'turn.started' ? [turnNumber(turn)] : [],
  );
  const order = started.toSorted((a, b) => a - b);
  // In a log that was lost a second time before all had its place facts may change places.
  if (logsLost < 2 && started.join() !== order.join())
    faults.push(`turns start in the order ${started.join()}`);
  const closed = ids.indexOf('session:closed');
  if (closed < 0) faults.push('it is not closed');
  const late = events.slice(closed + 1).filter(({ type }) => type !== 'message.rejected');
  return [...faults, ...late.map(({ id }) => `${id} comes after the close`)];
}

function faultsOfMessages({ archive: events, machine, sent, accepted, log }: Simulation): string[] {
  const faults: string[] = [];
  const untold = machine.carry().release;
  for (const message of sent) {
    const { status, turn, turnStatus } = machine.receipt(message) ?? {};
    const isIn = accepted.has(message);
    const end = events.find((event) => turn !== undefined && event.turn === turn && endsTurn(event.type));
    const started = events.some((event) => event.type === 'turn.started' && event.turn === turn);
    if (events.some(({ id }) => id === `message:${message}`) !== isIn)
      faults.push(`${message} is not as told`);
    if (isIn !== (end !== undefined)) faults.push(`${message} has the end ${end?.type ?? ''}`);
    const code = end?.type === 'turn.cancelled' ? reasonOf(end.data.reason).code : '';
    const fate = started ? 'consumed' : code === 'superseded' ? code : 'rejected';
    if (status !== fate) faults.push(`${message} is ${status ?? 'unknown'}, and not ${fate}`);
    if (timesAnswered(events, message) !== (started ? 1 : 0)) faults.push(`${message} is answered otherwise`);
    if (started && end?.type !== `turn.${turnStatus ?? ''}`) faults.push(`${message} has a wrong end`);
    if (log.counted.has(message) && !untold.includes(message)) faults.push(`${message} is still counted`);
  }
  return faults;
}

/** One turn in the main lane, a few beside it; and none is shown what was not over when it began. Told of a log that was not lost. */
function faultsOfLanes({ archive: events, logsLost }: Simulation): string[] {
  if (logsLost > 0) return [];
  const faults: string[] = [];
  const open = new Map<string, 'main' | 'beside'>();
  for (const event of events) {
    const { type, turn = '' } = event;
    if (endsTurn(type)) open.delete(turn);
    if (event.type !== 'turn.started') continue;
    const { beside, unseen = [] } = event.data;
    const shown = [...open.keys()].find((other) => !unseen.includes(other));
    if (shown !== undefined) faults.push(`${turn} is shown ${shown}, which is not over`);
    open.set(turn, beside ? 'beside' : 'main');
    const lanes = [...open.values()];
    const main = lanes.filter((lane) => lane === 'main').length;
    if (main > 1 || lanes.length - main > LIMITS.turnsBeside) faults.push(`${lanes.join()} run at once`);
  }
  return faults;
}

const steps = (events: readonly LoggedEvent[], fits: (type: string) => boolean): string[] =>
  events.filter(({ type }) => fits(type)).map(({ step = '' }) => step);

/**
 * After a log was lost in mid-turn a step may have an end and no start, if nobody but the log knew of an execution that was given up; and its
 * end may come after that of its turn. Lost again before all had its place in the log that was built anew, facts may change places.
 */
function faultsOfSteps({ archive: events, logsLost, durable }: Simulation): string[] {
  const started = new Set(steps(events, (type) => type === 'step.started'));
  const ended = new Set(steps(events, endsStep));
  const faults = [...started].filter((step) => !ended.has(step)).map((step) => `${step} has no end`);
  const cancelled = new Set(events.filter(({ type }) => type === 'turn.cancelled').map(({ turn }) => turn));
  for (const id of durable) {
    const end = events.find((event) => event.id === id);
    const alone = end?.type === 'step.cancelled' && reasonOf(end.data.reason).code === 'step_cancelled';
    if (end?.type !== 'step.completed' && !alone && !cancelled.has(end?.turn))
      faults.push(`${id} is not as it was`);
  }
  const whole = logsLost === 0;
  for (const step of ended) if (whole && !started.has(step)) faults.push(`${step} has no start`);
  const turns = new Set(events.map((event) => event.turn));
  for (const turn of logsLost > 1 ? [] : turns) {
    const facts = events.filter((event) => turn !== undefined && event.turn === turn).map(({ type }) => type);
    const isNew = events.some(
      (event) => mergedAs(event, 'overtaken') && 'into' in event.data && event.data.into === turn,
    );
    if (turn !== undefined && facts[0] !== (isNew ? 'turn.started' : 'message.accepted'))
      faults.push(`${turn} begins with ${facts[0] ?? ''}`);
    const late = facts.slice(facts.findIndex(endsTurn) + 1);
    if (late.some((type) => whole || !type.startsWith('step.')))
      faults.push(`${turn ?? ''} goes on after its end`);
  }
  return faults;
}

test('every message gets one answer; the transcript has each fact once, without a gap; nothing waits for ever', () => {
  fc.assert(
    fc.property(choices, (sequence) => {
      const session = new Simulation();
      const story: string[] = [];
      try {
        for (const { what, which } of sequence) {
          const happening = choose(session, what);
          story.push(`${happening.name} (${which})`);
          happening.act(session, which);
        }
        session.settle();
        session.end();
        expect(faultsOf(session)).toEqual([]);
      } catch (error) {
        throw new Error(`After\n${story.join('\n')}\n`, { cause: error });
      }
    }),
    { numRuns: 500 },
  );
});
