/**
 * What clients are told of a session. How its agents work (instructions, models, endpoints, options), what its team remembers, and metadata
 * that is not marked public stay on the server: a client may be anybody's browser. Whatever leaves for clients goes through these functions,
 * so this holds for logs and archives of any age.
 */
import type { AgentRequest, TeamSpec } from '../agent.ts';
import type { JsonObject } from '../json.ts';
import type { OpenRequest } from '../wire.ts';
import type { Withheld } from './channel.ts';
import type { EventData, LoggedEvent, SessionEvent } from './envelope.ts';

export interface DisclosedAgent {
  readonly name: string;
}

export interface DisclosedTeam {
  readonly name: string;
}

/** What a session is opened with: agents and team by their names. */
export interface DisclosedOpening extends Pick<OpenRequest, 'policy' | 'limits' | 'ttlMs'> {
  readonly team?: DisclosedTeam;
  readonly agents?: readonly DisclosedAgent[];
  /** The field `public` and no other. */
  readonly metadata?: JsonObject;
  readonly summary?: { readonly agent: DisclosedAgent; readonly afterChars?: number };
}

type Named = 'team' | 'agents' | 'metadata';

/** Data of each event type, as clients get it. */
export interface DisclosedData extends Omit<
  EventData,
  'session.created' | 'session.members' | 'turn.completed' | 'channel.published' | 'feedback.given'
> {
  'session.created': Omit<DisclosedOpening, Named> & Required<Pick<DisclosedOpening, Named>>;
  'session.members': Omit<EventData['session.members'], 'agents'> & {
    readonly agents: readonly DisclosedAgent[];
  };
  'turn.completed': Record<string, never>;
  'channel.published': EventData['channel.published'] | Withheld;
  'feedback.given': EventData['feedback.given'] | Withheld;
}

/** Who is told. `subject`: direct messages from and to this person, and their private feedback, are theirs to read. `all`: everything is. */
export interface Reader {
  readonly subject?: string;
  readonly all?: true;
}

/** Reads no direct message and no private feedback. */
export const STRANGER: Reader = {};
/** Reads all of them. */
export const INSIDER: Reader = { all: true };

/** One for each event, however many are told: it is encoded once. */
const withheld = new WeakMap<SessionEvent, SessionEvent>();

/** The only ones who are told what an event says; null: everybody is. */
function toldTo(event: SessionEvent): readonly (string | undefined)[] | null {
  if (event.type === 'channel.published' && !('withheld' in event.data)) {
    const { to, from } = event.data;
    return to ? [from, ...to] : null;
  }
  if (event.type !== 'feedback.given' || 'withheld' in event.data) return null;
  return event.data.private ? [event.data.by] : null;
}

/** The event as this reader gets it. Of a direct message between others, or their private feedback, it has its place and its time alone. */
export function disclosedTo({ subject, all }: Reader, event: SessionEvent): SessionEvent {
  const told = all ? null : toldTo(event);
  if (told === null || (subject !== undefined && told.includes(subject))) return event;
  const found = withheld.get(event) ?? withhold(event);
  withheld.set(event, found);
  return found;
}

/** True for an event of which only the place is told. The `data` of anything else, such as a note, may be any JSON. */
export function isWithheld({ data }: { readonly data?: unknown }): boolean {
  return typeof data === 'object' && data !== null && 'withheld' in data;
}

/** Names what is told. The id of the event and its cause hold the `messageId`, which its sender chose. */
function withhold({ v, tenant, session, epoch, seq, type, at }: SessionEvent): SessionEvent {
  const place = { v, tenant, session, epoch, seq, id: `withheld:${seq}`, at };
  return { ...place, type, data: { withheld: true } } as SessionEvent; // safety: the type is one of those that are withheld
}

/** What clients get of an event's data. */
export function disclosedData(event: LoggedEvent): DisclosedData[keyof DisclosedData] {
  switch (event.type) {
    case 'session.created':
      // safety: what the session was opened with has all three
      return disclosedOpening(event.data) as DisclosedData['session.created'];
    case 'session.members':
      return { ...event.data, agents: event.data.agents.map(disclosedAgent) };
    case 'turn.completed':
      return {};
    default:
      return event.data;
  }
}

/** Names what is told: a field that is added to `OpenRequest` is not, until it is added here. */
export function disclosedOpening(opening: Omit<OpenRequest, 'id'>): DisclosedOpening {
  const { team, agents, metadata, policy, limits, summary, ttlMs } = opening;
  return {
    ...(team === undefined ? {} : { team: disclosedTeam(team) }),
    ...(agents ? { agents: agents.map(disclosedAgent) } : {}),
    ...(metadata ? { metadata: disclosedMetadata(metadata) } : {}),
    ...(policy === undefined ? {} : { policy }),
    ...(limits ? { limits } : {}),
    ...(summary ? { summary: { ...summary, agent: disclosedAgent(summary.agent) } } : {}),
    ...(ttlMs === undefined ? {} : { ttlMs }),
  };
}

export function disclosedTeam(team: string | TeamSpec): DisclosedTeam {
  return { name: typeof team === 'string' ? team : team.name };
}

export function disclosedMetadata({ public: told }: JsonObject): JsonObject {
  return told === undefined ? {} : { public: told };
}

function disclosedAgent(agent: AgentRequest): DisclosedAgent {
  return { name: typeof agent === 'string' ? agent : agent.name };
}
