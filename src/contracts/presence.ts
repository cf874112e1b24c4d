/** Who follows a session, and notes: what is told beside its log to whoever follows it at that moment. Notes have no `seq` and can be lost. */
import type { Json } from './json.ts';

/** A connection on which somebody is present in a session. */
export interface PresentConnection {
  /** One of its gateway's; the same for all sessions of a socket. */
  readonly connection: string;
  readonly gateway: string;
  /** What the client calls its device: `phone`, `desk`. */
  readonly device?: string;
  /** What the client says of it: `away`, `editing`. */
  readonly state?: string;
  /** ms since the Unix epoch. */
  readonly since: number;
}

/** Somebody who is present, with all of her connections. */
export interface PresentPerson {
  readonly subject: string;
  /** For people; absent: the subject. */
  readonly name?: string;
  readonly connections: readonly PresentConnection[];
}

/** The same for one connection. */
export interface PresentMember extends PresentConnection {
  readonly subject: string;
  readonly name?: string;
}

/** Who is present. */
export interface PresenceReply {
  /** In the order in which they came; at most `LIMITS.presentListed` connections. */
  readonly present: readonly PresentPerson[];
  /** People in all. */
  readonly count: number;
  /** How far each has read: the `seq` of the last event that she has seen, by subject. */
  readonly reads: Readonly<Record<string, number>>;
  /** Who has asked, if she is present herself. */
  readonly you?: { readonly subject: string; readonly connection: string };
}

/** Changes of who is present: members that are new or differ, and connections that are gone. `count`: people afterwards. */
export interface PresenceNote {
  readonly kind: 'presence';
  readonly here: readonly PresentMember[];
  readonly gone: readonly { readonly subject: string; readonly connection: string }[];
  readonly count: number;
}

/** Counts for `CLIENT_LIMITS.typingMs`, or until one with `on: false` comes, or a message of the same person. */
export interface TypingNote {
  readonly kind: 'typing';
  readonly subject: string;
  readonly name?: string;
  readonly on: boolean;
}

/** New read positions, by subject. */
export interface ReadNote {
  readonly kind: 'read';
  readonly reads: Readonly<Record<string, number>>;
}

/** What a client or a server has published on a channel of the session. */
export interface PublishedNote {
  readonly kind: 'published';
  readonly channel: string;
  readonly data: Json;
  /** Absent: a server that did not say. */
  readonly from?: string;
}

/** What the frame `note` tells, besides its `session`. */
export type Note = PresenceNote | TypingNote | ReadNote | PublishedNote;

/** The request `presence`: to be present with this connection, or, with `observe`, to be told who is. */
export interface PresenceRequest {
  readonly device?: string;
  readonly state?: string;
  /** Who it is; with a session token its subject. */
  readonly from?: string;
  readonly observe?: boolean;
}

export interface TypingRequest {
  readonly on: boolean;
  readonly from?: string;
}

export interface ReadRequest {
  readonly seq: number;
  readonly from?: string;
}

/** Body of `POST /v1/sessions/{id}/publish`. */
export interface PublishRequest {
  readonly channel: string;
  readonly data: Json;
  readonly from?: string;
}

/** Body of `POST /v1/sessions/{id}/kick`. */
export interface KickRequest {
  readonly subject: string;
  /** For how long the subject may not come back, ms; absent: 60,000. */
  readonly forMs?: number;
}

/** People, each once, in the order of their first connection. */
export function peopleOf(members: readonly PresentMember[]): PresentPerson[] {
  const people = new Map<string, PresentPerson & { connections: PresentConnection[] }>();
  for (const { subject, name, ...connection } of members) {
    const known = people.get(subject);
    if (known) known.connections.push(connection);
    else people.set(subject, { subject, ...(name === undefined ? {} : { name }), connections: [connection] });
  }
  return [...people.values()];
}

/** Each connection of these people. */
export function membersOf(people: readonly PresentPerson[]): PresentMember[] {
  return people.flatMap(({ connections, ...person }) => connections.map((each) => ({ ...person, ...each })));
}

/** Folds a change into a list of people. */
export function applyPresence(
  people: readonly PresentPerson[],
  { here, gone }: PresenceNote,
): PresentPerson[] {
  const told = new Set([...here, ...gone].map(({ connection }) => connection));
  const others = membersOf(people).filter(({ connection }) => !told.has(connection));
  return peopleOf([...others, ...here].sort((one, other) => one.since - other.since));
}
