/** A session's memo in Temporal, and the summary that lists show. */
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { ConvokeError, DEFAULT_TEAM, parseWorkflowId, workflowId } from '../contracts/index.ts';
import type {
  ForkPoint,
  SessionInfo,
  SessionRef,
  SessionSummary,
  StoredSession,
} from '../contracts/index.ts';

/** What a session's memo holds: the hash that repeated requests are compared with, and what lists show. */
export interface SessionMemo {
  readonly requestHash: string;
  /** The team's name. */
  readonly team: string;
  /** ms since the Unix epoch. */
  readonly createdAt: number;
  /** Of a fork. */
  readonly parent?: ForkPoint;
}

export function sessionMemo({ team, createdAt, parent }: SessionInfo, requestHash: string): SessionMemo {
  return { requestHash, team: team.name, createdAt, ...(parent === undefined ? {} : { parent }) };
}

/** A memo as it was stored; payload codecs of the client are applied. `fields`: of a row that Temporal lists. */
export async function decodedMemo(
  client: Client,
  fields: Readonly<Record<string, Payload>> | null | undefined,
): Promise<Record<string, unknown>> {
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  const memo: Record<string, unknown> = {};
  for (const [key, stored] of Object.entries(fields ?? {})) {
    let payloads = [stored];
    for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
    const [payload] = payloads;
    if (payload) memo[key] = payloadConverter.fromPayload(payload);
  }
  return memo;
}

/** A session as lists show it; null if the workflow is not a session of that tenant. */
export function summaryOf(
  tenant: string,
  id: string,
  status: SessionSummary['status'],
  { team, createdAt, parent }: Partial<SessionMemo>,
): SessionSummary | null {
  const ref = parseWorkflowId(id);
  if (ref?.tenant !== tenant) return null;
  return {
    id: ref.session,
    tenant,
    team: team ?? DEFAULT_TEAM.name,
    status,
    createdAt: createdAt ?? 0,
    workflowId: id,
    ...(parent === undefined ? {} : { parent }),
  };
}

/** The same of a session that is stored, whatever Temporal knows of it. */
export function storedSummary(ref: SessionRef, { info, requestHash, status }: StoredSession): SessionSummary {
  const summary = summaryOf(ref.tenant, workflowId(ref), status, sessionMemo(info, requestHash));
  if (!summary) throw new ConvokeError('internal');
  return summary;
}
