/** What people are asked to approve: by the team, and before a tool is called. Pure. */
import {
  approvableData,
  approvalHash,
  LIMITS,
  stepId,
  termsOf,
  type Approvable,
  type ApprovalTerms,
  type FailureInfo,
  type ToolCall,
} from '../../src/contracts/index.ts';
import type { ApprovalRequest, Decision } from '../teams/team.ts';
import { answerOf, type Calls } from './calls.ts';
import { TeamBroken } from './stops.ts';

/** Where an approval is asked for. `agent`: the one that wants to call a tool. */
interface Place {
  readonly turn: string;
  readonly path: string;
  readonly calls: Calls;
  readonly agent?: string;
}

/** Asks people, on behalf of the team. */
export function approve(request: ApprovalRequest, place: Place): Promise<Decision> {
  const given = request as ApprovalRequest | null | undefined;
  const terms = termsOf(given, '');
  if (typeof terms === 'string') throw new TeamBroken('team_failed', terms);
  if (given?.data === undefined) return ask({ title: terms.title }, terms, place);
  const data = approvableData(given.data);
  if (data) return ask({ title: terms.title, data }, terms, place);
  const most = `an object of at most ${LIMITS.approvalDataBytes} bytes of JSON`;
  throw new TeamBroken('team_failed', `The data of an approval is ${most}.`);
}

/** What comes of a call that people have to approve: the call as it is to be made, or why it is not. A sentence: they cannot be asked. */
export async function approveCall(
  { approval: terms, ...call }: ToolCall & { readonly approval: ApprovalTerms },
  place: Place & { readonly agent: string },
): Promise<{ readonly use: ToolCall; readonly refusal?: FailureInfo } | string> {
  const data = approvableData(call.input);
  if (!data)
    return `People have to approve this call: its arguments may be at most ${LIMITS.approvalDataBytes} bytes.`;
  const decision = await ask({ title: terms.title, tool: call.tool, data }, terms, place);
  const { status, by, reason, data: input } = decision;
  if (status === 'approved') return { use: { ...call, input: input ?? call.input } };
  if (status === 'expired')
    return { use: call, refusal: { code: 'approval_expired', message: 'Nobody approved the call in time.' } };
  const why = reason === undefined ? '' : `: ${reason}`;
  const message = `Denied by ${by.join(', ')}${why}`.slice(0, LIMITS.failureChars);
  return { use: call, refusal: { code: 'tool_denied', message } };
}

async function ask(
  what: Approvable,
  terms: ApprovalTerms,
  { turn, path, calls, agent }: Place,
): Promise<Decision> {
  const { expiresMs, text, approvers, onExpiry, mayEdit } = terms;
  const shown = { ...what, ...(text === undefined ? {} : { text }) };
  const hash = approvalHash(stepId(turn, path), shown);
  const until = calls.number('now', `${path}~approval`) + expiresMs;
  const approval = {
    ...shown,
    approvers,
    onExpiry,
    mayEdit,
    ...(agent === undefined ? {} : { agent }),
    hash,
  };
  const answer = await answerOf(calls, { path, kind: 'approval', key: hash, until, approval });
  return answer as Decision; // safety: see `CallAnswer`
}
