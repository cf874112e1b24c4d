/** What the parts of the engine exchange about a session; nothing here reaches a client. */
import type { AgentSpec } from '../agent.ts';
import type { Position } from '../cursor.ts';
import type { ErrorCode } from '../errors.ts';
import type { EventDraft, LoggedEvent } from '../events/envelope.ts';
import type { JsonObject } from '../json.ts';
import type { SessionRef } from '../ids.ts';
import type { Roster } from '../member.ts';
import type { Message, Receipt } from '../message.ts';
import type { SessionInfo, SessionStatus } from '../session.ts';
import type { Interruption } from './ended-run.ts';
import type { SummaryPoint } from './summary.ts';
import type { CarriedTurn, KeptDecision } from './turn.ts';

/**
 * The workflow's argument. `carried` is set by continue-as-new, and when an interrupted session is reopened. Without it a run that `resumes`
 * begins by reading it from the archive, and a fork (`info.parent`) by making it from its parent's events.
 */
export interface SessionInput extends SessionRef {
  readonly info: SessionInfo;
  readonly carried?: CarriedState;
  readonly resumes?: Resuming;
  /** How long it stays open while nothing happens. Absent: started by an earlier version; it stays open until its next run. */
  readonly hibernateAfterMs?: number;
  /** Its address in the console, to which the Web UI links; absent: it does not. */
  readonly console?: string;
}

/** Why a run goes on with what is stored of its session. `wake`: it hibernates. `reopen`: it is closed, and to be open again. */
export type Resuming = 'wake' | 'reopen';

/** True for a fork that has nothing of its parent yet, and for a session that has not read yet what is stored of it. */
export function isUnmade({ carried, info, resumes }: SessionInput): boolean {
  return carried === undefined && (info.parent !== undefined || resumes !== undefined);
}

/** What one run of the workflow hands over to the next. */
export interface CarriedState {
  readonly status: SessionStatus;
  readonly closeReason: string;
  /** Its past may hold a `session.closed`: its next one needs an id of its own. */
  readonly closedBefore?: true;
  readonly known: Position;
  /** Every event up to this seq is in the archive. */
  readonly archivedTo: number;
  readonly turns: number;
  /** The number of the newest turn that has started, if one that waits has a lower one: absent, none was overtaken. */
  readonly newest?: number;
  readonly inbox: readonly QueuedMessage[];
  readonly outbox: readonly EventDraft[];
  /** Receipts of the newest messages: the dedupe window. */
  readonly receipts: readonly Receipt[];
  readonly events: readonly LoggedEvent[];
  /** The epoch has changed and what the log lacks has not been appended yet. */
  readonly reconcile: boolean;
  /** The turn of the main lane that has begun and not ended. */
  readonly turn?: CarriedTurn;
  /** Turns beside it, in the order in which they started; absent: none. */
  readonly beside?: readonly CarriedTurn[];
  /** What the team keeps from turn to turn; absent: nothing. */
  readonly memory?: JsonObject;
  /** The newest summary; absent: none. */
  readonly summary?: SummaryPoint;
  /** Who takes part; absent: as the session was opened. */
  readonly roster?: Roster;
  /** Decided approvals, oldest first; absent: none. */
  readonly decisions?: readonly KeptDecision[];
  /** Messages that wait for their time, the next one first; absent: none. */
  readonly later?: readonly Message[];
  /** Messages that wait no longer, which admission has not been told yet. */
  readonly release: readonly string[];
  /** Some of these were held back until now: absent, none. */
  readonly heldBack?: true;
}

/** A message in the inbox, with the turn that it will open. Its text is in the fact that it was accepted. */
export interface QueuedMessage {
  readonly turn: string;
  readonly messageId: string;
  /** Size of its parts, UTF-16 code units of JSON. */
  readonly chars: number;
  /** See `Message`. */
  readonly trace?: string;
  /** Messages that are answered together with it. */
  readonly more?: readonly Omit<QueuedMessage, 'turn' | 'more' | 'steers' | 'beside' | 'cancelled'>[];
  /** It need not wait for the main lane: it starts beside that as soon as there is a place. */
  readonly beside?: true;
  /** The running turn that it joins, unless that turn ends first. */
  readonly steers?: string;
  /** Somebody has cancelled its turn, which counts unless it has joined another one. */
  readonly cancelled?: true;
}

/** What the workflow answers when it is asked for its events: together with the archive, everything needed to rebuild the log. */
export interface KnownEvents {
  readonly info: SessionInfo;
  readonly known: Position;
  readonly archivedTo: number;
  /** Events with a position, in order; none is in the archive. */
  readonly events: readonly LoggedEvent[];
  /** Facts that running turns have made durable and not reported yet, those of each turn in the order of their decision. */
  readonly running?: readonly EventDraft[];
  /** Drafts handed to a running activity or waiting in the outbox: positions unknown. */
  readonly pending: readonly EventDraft[];
  /** Nobody runs the session: its workflow has ended without closing it. */
  readonly interrupted?: Interruption;
}

/** One page of them. Pages of one `version` fit together; it changes when events move between two questions. */
export interface KnownEventsPage extends KnownEvents {
  readonly version: string;
  /** Ask again from this index on; absent: this is the last page, which also holds `pending`. */
  readonly next?: number;
}

/** Names under which the workflow is addressed. */
export const SESSION = {
  workflow: 'session',
  taskQueue: 'convoke',
  signals: { message: 'message', nudge: 'nudge' },
  updates: {
    ...{ cancel: 'cancel', close: 'close', members: 'members', vote: 'vote', unschedule: 'unschedule' },
    ...{ wake: 'wake', ask: 'ask' },
  },
  /** Of a session that has ended; one that runs is asked by the update. */
  queries: { ask: 'ask' },
} as const;

/** The queue of the workers that have what a turn needs (`neededFor`), beside the queue of all. */
export function queueFor(taskQueue: string, needs: string): string {
  return `${taskQueue}.${needs}`;
}

const AGENT = 'agent.';
const TEAM = 'team.';
const MODEL = 'model.';

/** The model endpoint of agents that name none. */
export const DEFAULT_ENDPOINT = 'default';

/** What a worker must have to run the agent: its runner, its configuration, or its named model endpoint. */
export function neededFor({ name, runner, provider = DEFAULT_ENDPOINT, use = name }: AgentSpec): string {
  if (runner === 'configured') return `${AGENT}${use}`;
  return runner === 'model' && provider !== DEFAULT_ENDPOINT ? `${MODEL}${provider}` : runner;
}

/** What a worker must have to run the team. */
export function neededForTeam(name: string): string {
  return `${TEAM}${name}`;
}

/** How a turn ends that needs what no running worker has, as clients are told; Temporal's Web UI shows `needs` itself. */
export function noWorkerFor(needs: string): { readonly code: ErrorCode; readonly message: string } {
  if (needs.startsWith(TEAM)) {
    const message = `No running worker's configuration has the team "${needs.slice(TEAM.length)}".`;
    return { code: 'unknown_team', message };
  }
  if (needs === 'model') {
    const mend = 'set OPENAI_BASE_URL or OPENAI_API_KEY, and CONVOKE_MODEL, in the environment of workers.';
    return { code: 'no_worker_for_agent', message: `No running worker has a language model: ${mend}` };
  }
  const what = needs.startsWith(AGENT)
    ? `'s configuration has the agent "${needs.slice(AGENT.length)}"`
    : needs.startsWith(MODEL)
      ? ' has the model endpoint of the agent'
      : ` can run agents of the kind "${needs}"`;
  return { code: 'no_worker_for_agent', message: `No running worker${what}.` };
}

/** Search attributes (all Keyword) by which sessions are found in Temporal. */
export const SEARCH_ATTRIBUTES = {
  tenant: 'ConvokeTenant',
  session: 'ConvokeSession',
  team: 'ConvokeTeam',
  status: 'ConvokeStatus',
  /** Of a fork: the session that it was made from. */
  parent: 'ConvokeParent',
} as const;
