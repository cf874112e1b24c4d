/** Agents and people join, leave, are paused and resumed: what the session makes of it. */
import { describe, expect, test } from '@jest/globals';
import { isRosterChange, LIMITS, type AgentSpec, type RosterChange } from '../../../src/contracts/index.ts';
import { SessionMachine } from '../../../workflows/rules/machine.ts';
import { FakeLog } from './fake-log.ts';
import { INPUT, message } from './support.ts';

const c: AgentSpec = { name: 'c', runner: 'scripted' };
const join = (agent: AgentSpec): RosterChange => ({ type: 'join', agent });
const anna: RosterChange = { type: 'join', person: 'Anna' };
const change = (type: 'leave' | 'pause' | 'resume', name: string): RosterChange => ({ type, name });

const names = (session: SessionMachine): string[] =>
  session.state(0).members.map(({ name, status }) => (status === 'active' ? name : `${name} ${status}`));

/** The kinds of changes that are facts. */
const told = (session: SessionMachine): string[] =>
  session.facts
    .pending()
    .flatMap((fact) => (fact.type === 'session.members' ? [`${fact.data.name} ${fact.data.change}`] : []));

describe('a change', () => {
  test('is a fact with all members, and counts in the state and for whoever rebuilds the log', () => {
    const session = new SessionMachine(INPUT, 1);
    expect(session.members(join(c), 2)).toMatchObject({ status: 'changed' });
    session.members(anna, 3);
    session.members(change('pause', 'a'), 4);
    session.members(change('leave', 'b'), 5);
    expect(told(session)).toEqual(['c joined', 'Anna joined', 'a paused', 'b left']);
    expect(names(session)).toEqual(['a paused', 'c', 'Anna']);
    expect(session.state(0).agents).toEqual(['a', 'c']);
    const newest = session.facts.pending().at(-1)!;
    expect(newest).toMatchObject({
      id: 'session:members:4',
      data: { revision: 4, agents: [{ name: 'a' }, c] },
    });
    const { info } = session.events();
    expect(info.agents).toEqual(INPUT.info.agents);
    expect(info.roster).toMatchObject({ revision: 4, agents: [{ name: 'a' }, c] });
  });

  test('that is so already changes nothing', () => {
    const session = new SessionMachine(INPUT, 1);
    for (const [made, event] of [
      [join(c), 'c joined'],
      [anna, 'Anna joined'],
      [change('pause', 'a'), 'a paused'],
      [change('resume', 'a'), 'a resumed'],
      [change('leave', 'b'), 'b left'],
    ] as const) {
      const first = session.members(made, 2);
      expect(session.members(made, 3)).toEqual({ ...first, status: 'unchanged' });
      expect(told(session).at(-1)).toBe(event);
    }
    expect(told(session)).toHaveLength(5);
  });

  test('an agent that joins again comes last', () => {
    const session = new SessionMachine(INPUT, 1);
    session.members(change('leave', 'a'), 2);
    session.members(join({ name: 'a', runner: 'scripted', script: { say: 'Back.' } }), 3);
    expect(names(session)).toEqual(['b', 'a']);
  });

  test.each<[RosterChange, string]>([
    [change('leave', 'nobody'), 'member_not_found'],
    [change('pause', 'nobody'), 'member_not_found'],
    [join({ name: 'a', runner: 'model' }), 'member_exists'],
    [join({ name: 'B', runner: 'scripted' }), 'member_exists'],
    [{ type: 'join', person: ' a' }, 'member_exists'],
    [join({ ...c, handoff: ['d'] }), 'invalid_request'],
    [join({ ...c, delegates: ['c'] }), 'invalid_request'],
    [join({ ...c, instructions: 'x'.repeat(LIMITS.rosterChars) }), 'too_many_members'],
  ])('%j is refused with %s', (made, code) => {
    const session = new SessionMachine(INPUT, 1);
    expect(session.members(made, 2)).toMatchObject({ status: 'refused', code, detail: expect.any(String) });
    expect(told(session)).toEqual([]);
  });

  test('a person is not paused', () => {
    const session = new SessionMachine(INPUT, 1);
    session.members(anna, 2);
    expect(session.members(change('pause', 'Anna'), 3)).toMatchObject({ code: 'invalid_request' });
  });

  test('the last agent does not leave, paused or not', () => {
    const session = new SessionMachine(INPUT, 1);
    session.members(anna, 2);
    session.members(change('leave', 'a'), 3);
    session.members(change('pause', 'b'), 4);
    expect(session.members(change('leave', 'b'), 5)).toMatchObject({ status: 'refused', code: 'last_agent' });
  });

  test('members and those that have left are bounded', () => {
    const session = new SessionMachine(INPUT, 1);
    const log = new FakeLog();
    for (let n = 0; n < 2 * LIMITS.membersKept; n += 1) {
      session.members({ type: 'join', person: `p${n}` }, 2);
      session.members(change('leave', `p${n}`), 2);
      session.report(log.append(session.facts.takeDrafts()));
    }
    session.facts.archived(log.position.seq);
    expect(session.events().info.roster!.members).toHaveLength(LIMITS.membersKept);
    expect(names(session)).toEqual(['a', 'b']);
    for (let n = 0; n < LIMITS.peoplePerSession; n += 1) {
      session.members({ type: 'join', person: `q${n}` }, 3);
      session.report(log.append(session.facts.takeDrafts()));
    }
    expect(session.members(anna, 4)).toMatchObject({ code: 'too_many_members' });
    for (let n = 2; n < LIMITS.agentsPerSession; n += 1) {
      session.members(join({ ...c, name: `c${n}` }), 5);
      session.report(log.append(session.facts.takeDrafts()));
    }
    expect(session.members(join(c), 6)).toMatchObject({ code: 'too_many_members' });
  });

  test('none is taken once the session closes, or while too much waits for the log', () => {
    const closing = new SessionMachine(INPUT, 1);
    closing.close('requested', 2);
    expect(closing.members(anna, 3)).toMatchObject({ code: 'session_closed' });
    const away = new SessionMachine(INPUT, 1);
    const big = { ...c, instructions: 'x'.repeat(LIMITS.rosterChars / 2) };
    away.members(join(big), 2);
    while (away.facts.pendingBytes <= LIMITS.outboxBytes) {
      away.members(change('pause', 'a'), 3);
      away.members(change('resume', 'a'), 3);
    }
    const before = names(away);
    expect(away.members(change('pause', 'b'), 4)).toMatchObject({ code: 'log_unavailable' });
    expect(names(away)).toEqual(before);
  });
});

describe('a turn', () => {
  const started = (session: SessionMachine, n: number): ReturnType<SessionMachine['runTurn']> => {
    session.accept(message(`m${n}`), 1);
    return session.runTurn(2);
  };

  test('of a session that nobody has joined or left says nothing of members', () => {
    const session = new SessionMachine(INPUT, 1);
    expect(started(session, 1)).not.toHaveProperty('roster');
    expect(session.carry()).not.toHaveProperty('roster');
    expect(session.events().info).toEqual(INPUT.info);
  });

  test('keeps the members that it started with, over its activities and over continue-as-new', () => {
    const session = new SessionMachine(INPUT, 1);
    session.members(join(c), 2);
    const input = started(session, 1);
    expect(input.roster?.agents.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    session.members(change('pause', 'b'), 3);
    const next = new SessionMachine({ ...INPUT, carried: session.carry() }, 4);
    expect(next.castOf(next.turns.current?.roster).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(next.turns.current?.roster).toEqual(input.roster);
    expect(names(next)).toEqual(['a', 'b paused', 'c']);
    expect(next.members(change('pause', 'b'), 5)).toMatchObject({ status: 'unchanged' });
  });
});

describe('what is sent as a change', () => {
  test.each<unknown>([join(c), anna, change('leave', 'a'), join({ ...c, delegates: ['a'], handoff: [] })])(
    '%j is one',
    (value) => {
      expect(isRosterChange(value)).toBe(true);
    },
  );

  test.each<unknown>([
    undefined,
    null,
    'pause',
    { type: 'pause' },
    { type: 'pause', name: '' },
    { type: 'pause', name: 'x'.repeat(65) },
    { type: 'rename', name: 'a' },
    { type: 'join' },
    { type: 'join', agent: 'c' },
    { type: 'join', agent: { name: 'c' } },
    { type: 'join', agent: { ...c, name: 'a b' } },
    { type: 'join', agent: { ...c, delegates: 'a' } },
    { type: 'join', agent: { ...c, handoff: [1] } },
    { type: 'join', agent: { ...c, instructions: 'x'.repeat(LIMITS.rosterChars) } },
  ])('%j is none', (value) => {
    expect(isRosterChange(value)).toBe(false);
  });
});
