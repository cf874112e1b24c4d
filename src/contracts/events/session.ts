import type { AgentSpec, TeamSpec } from '../agent.ts';
import type { JsonObject } from '../json.ts';

export interface SessionEventData {
  'session.created': {
    readonly team: TeamSpec;
    readonly agents: readonly AgentSpec[];
    readonly metadata: JsonObject;
  };
  'session.closed': { readonly reason: string };
  /** The session's workflow ended without closing it; the next message reopens the session. */
  'session.interrupted': { readonly reason: string };
  'session.reopened': Record<string, never>;
  /** A position whose event was lost with the log; what it said follows later, or in the snapshot. */
  'session.recovered': Record<string, never>;
}
