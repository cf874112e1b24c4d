/** Who takes part in a session: agents and people, who join, leave, are paused and resumed while it runs. Pure. */
import { agentOf, type AgentRequest, type AgentSpec } from './agent.ts';
import type { ErrorCode } from './errors.ts';
import { jsonChars } from './json.ts';
import { LIMITS } from './limits/index.ts';

/** `paused`: is not asked until it is resumed. `left`: may join again. */
export type MemberStatus = 'active' | 'paused' | 'left';

export interface Member {
  readonly kind: 'agent' | 'person';
  readonly name: string;
  readonly status: MemberStatus;
  /** Of a person: what she may approve. Absent: none. */
  readonly roles?: readonly string[];
}

/** A person as a request names her. */
export interface PersonRequest {
  readonly kind: 'person';
  readonly name: string;
  readonly roles?: readonly string[];
}

/** Who takes part, and how it came to that: each change has a number, 1, 2, …; 0: as the session was opened. */
export interface Roster {
  readonly revision: number;
  /** In the order in which they joined. Of those that have left the newest are remembered. */
  readonly members: readonly Member[];
  /** Those of the agents that have not left. */
  readonly agents: readonly AgentSpec[];
}

/** One change, as the workflow is asked for it. */
export type RosterChange =
  | { readonly type: 'join'; readonly agent: AgentSpec }
  | { readonly type: 'join'; readonly person: string; readonly roles?: readonly string[] }
  | { readonly type: 'leave' | 'pause' | 'resume'; readonly name: string };

/** Body of `POST /v1/sessions/{id}/members`: exactly one of these. */
export interface MembersRequest {
  readonly join?: AgentRequest | PersonRequest;
  readonly leave?: string;
  readonly pause?: string;
  readonly resume?: string;
}

/** `unchanged`: it was so already. */
export interface MembersReply {
  readonly status: 'changed' | 'unchanged';
  /** Those that have not left. */
  readonly members: readonly Member[];
}

export interface MemberRefusal {
  readonly status: 'refused';
  readonly code: ErrorCode;
  /** What to do. */
  readonly detail: string;
}

/** What has happened to a member. */
export type MemberEvent = 'joined' | 'left' | 'paused' | 'resumed';

export type RosterOutcome =
  | {
      readonly status: 'changed';
      readonly roster: Roster;
      readonly name: string;
      readonly change: MemberEvent;
    }
  | { readonly status: 'unchanged' }
  | MemberRefusal;

/** The members of a session that nobody has joined or left. */
export function openingRoster(agents: readonly AgentSpec[]): Roster {
  const members = agents.map(({ name }): Member => ({ kind: 'agent', name, status: 'active' }));
  return { revision: 0, members, agents };
}

/** Those that have not left. */
export function presentMembers({ members }: Pick<Roster, 'members'>): readonly Member[] {
  return members.filter(({ status }) => status !== 'left');
}

/** A roster as clients are told of it, or a whole one. */
type Named = Pick<Roster, 'members'> & { readonly agents: readonly { readonly name: string }[] };

/** What is told of a roster: names of agents, and all members that have not left. */
export function rosterState(roster: Named): {
  readonly agents: readonly string[];
  readonly members: readonly Member[];
} {
  return { agents: roster.agents.map(({ name }) => name), members: presentMembers(roster) };
}

/** The agents that may be asked, in order. */
export function activeAgents({ members, agents }: Roster): readonly AgentSpec[] {
  return agents.filter(({ name }) => statusOf(members, name) === 'active');
}

function statusOf(members: readonly Member[], name: string): MemberStatus | undefined {
  return members.find((member) => member.name === name)?.status;
}

/** What a request asks for: exactly one of its fields is there. */
export function rosterChange({ join, leave, pause, resume }: MembersRequest): RosterChange {
  if (join !== undefined) {
    return typeof join === 'object' && 'kind' in join
      ? { type: 'join', person: join.name, ...(join.roles && { roles: join.roles }) }
      : { type: 'join', agent: agentOf(join) };
  }
  if (leave !== undefined) return { type: 'leave', name: leave };
  return pause === undefined ? { type: 'resume', name: resume ?? '' } : { type: 'pause', name: pause };
}

/** Names that differ only in case would be taken for each other. */
export function plainName(name: string): string {
  return name.trim().toLowerCase();
}

/** What becomes of a roster. Asking again for what is so already changes nothing. */
export function changeRoster(roster: Roster, change: RosterChange): RosterOutcome {
  if (change.type === 'join') return join(roster, change);
  const { type, name } = change;
  const found = roster.members.find((member) => member.name === name);
  if (!found || (found.status === 'left' && type !== 'leave')) {
    return refuse(
      'member_not_found',
      `The session has no member "${name}"; its members are in its snapshot.`,
    );
  }
  if (type === 'leave') return leave(roster, found);
  if (found.kind === 'person') {
    return refuse('invalid_request', `"${name}" is a person: only agents are paused and resumed.`);
  }
  const status = type === 'pause' ? 'paused' : 'active';
  if (found.status === status) return { status: 'unchanged' };
  return changed(roster, { ...found, status }, type === 'pause' ? 'paused' : 'resumed');
}

function join(roster: Roster, change: Extract<RosterChange, { type: 'join' }>): RosterOutcome {
  const agent = 'agent' in change ? change.agent : null;
  const member: Member = agent ? { kind: 'agent', name: agent.name, status: 'active' } : personOf(change);
  const present = presentMembers(roster);
  const same = present.find(({ name }) => plainName(name) === plainName(member.name));
  if (same) {
    const before = roster.agents.find(({ name }) => name === same.name) ?? null;
    const isSame =
      same.name === member.name &&
      same.kind === member.kind &&
      isEqual(same.roles ?? [], member.roles ?? []) &&
      isEqual(before, agent);
    if (isSame) return { status: 'unchanged' };
    return refuse(
      'member_exists',
      `"${same.name}" is a member already; choose another name, or let it leave first.`,
    );
  }
  const most = agent ? LIMITS.agentsPerSession : LIMITS.peoplePerSession;
  if (present.filter(({ kind }) => kind === member.kind).length >= most) {
    return refuse('too_many_members', `A session has at most ${most} ${agent ? 'agents' : 'people'}.`);
  }
  const stranger = agent && strangerIn(agent, roster.agents);
  if (stranger) {
    return refuse(
      'invalid_request',
      `The agent gives tasks, or hands over, to "${stranger}", which is no other agent of the session.`,
    );
  }
  const agents = agent ? [...roster.agents, agent] : roster.agents;
  if (jsonChars(agents) > LIMITS.rosterChars) {
    return refuse(
      'too_many_members',
      `The agents of a session take at most ${LIMITS.rosterChars} characters of JSON together.`,
    );
  }
  return changed({ ...roster, agents }, member, 'joined');
}

function personOf(change: Extract<RosterChange, { type: 'join' }>): Member {
  const { person = '', roles = [] } = 'agent' in change ? {} : change;
  return { kind: 'person', name: person, status: 'active', ...(roles.length === 0 ? {} : { roles }) };
}

function leave(roster: Roster, member: Member): RosterOutcome {
  if (member.status === 'left') return { status: 'unchanged' };
  const agents = roster.agents.filter(({ name }) => name !== member.name);
  if (agents.length === 0) {
    return refuse('last_agent', 'A session has at least one agent: pause it, or close the session.');
  }
  return changed({ ...roster, agents }, { ...member, status: 'left' }, 'left');
}

/** Whoever joins comes last, also one that was there before; of those that have left the oldest are forgotten. */
function changed({ revision, members, agents }: Roster, member: Member, change: MemberEvent): RosterOutcome {
  const others = members.filter(({ name }) => name !== member.name);
  const isNew = change === 'joined';
  const next = isNew
    ? [...others, member]
    : members.map((each) => (each.name === member.name ? member : each));
  const spare = next.length - LIMITS.membersKept;
  const gone = next.filter(({ status }) => status === 'left').slice(0, Math.max(spare, 0));
  return {
    status: 'changed',
    roster: { revision: revision + 1, members: next.filter((each) => !gone.includes(each)), agents },
    name: member.name,
    change,
  };
}

/** An agent that this one names and that the session does not have, or itself. */
function strangerIn(agent: AgentSpec, agents: readonly AgentSpec[]): string | undefined {
  const names = new Set(agents.map(({ name }) => name));
  return [...(agent.delegates ?? []), ...(agent.handoff ?? [])].find(
    (name) => !names.has(name) || name === agent.name,
  );
}

/** Whatever the order of their keys. */
function isEqual(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return one === other;
  }
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  if (Array.isArray(one) !== Array.isArray(other) || keys.length !== others.length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(other, key) &&
      isEqual((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]),
  );
}

function refuse(code: ErrorCode, detail: string): MemberRefusal {
  return { status: 'refused', code, detail };
}
