/** `convoke approvals`, `convoke approve`: what people have to decide upon, and their votes. */
import type {
  ApprovalsReply,
  JsonObject,
  OpenApproval,
  VoteReply,
  VoteRequest,
} from '../../contracts/index.ts';
import { approvedData, approversOf, untilText } from '../people.ts';
import { CliError } from '../failure.ts';
import { callGateway } from '../gateway-api.ts';
import { table } from '../terminal.ts';

export interface ApproveOptions {
  readonly by: string;
  readonly role?: readonly string[];
  readonly deny?: boolean;
  readonly reason?: string;
  readonly edit?: string;
  readonly hash?: string;
  readonly json?: boolean;
}

const SHORT_HASH = 12;

export async function approvals(session: string, { json }: { readonly json?: boolean }): Promise<void> {
  const { approvals: open } = await openApprovals(session);
  if (json) {
    process.stdout.write(`${JSON.stringify({ approvals: open }, null, 2)}\n`);
    return;
  }
  if (open.length === 0) {
    process.stdout.write('Nothing waits for an approval.\n');
    return;
  }
  const rows = open.map((each) => [
    each.approval,
    each.title,
    approversOf(each.approvers),
    each.approvedBy.join(', ') || '–',
    untilText(each.until),
    each.hash.slice(0, SHORT_HASH),
    approvedData(each),
  ]);
  const head = ['APPROVAL', 'TITLE', 'BY', 'APPROVED BY', 'UNTIL (UTC)', 'HASH', 'WHAT'];
  process.stdout.write(table([head, ...rows]));
}

/** Votes on what is shown now; with `hash`, only if it is still that. */
export async function approve(session: string, approval: string, options: ApproveOptions): Promise<void> {
  const { json, deny } = options;
  const body = voteOf(options);
  const shown = options.hash?.length === 64 ? null : await shownNow(session, approval, options.hash);
  if (shown && !json) {
    const what = approvedData(body.data ? { ...shown, data: body.data } : shown);
    process.stdout.write(`${deny ? 'Denying' : 'Approving'} ${shown.title}: ${what}\n`);
  }
  // What is decided has no hash to be found: any will do to be told of it.
  const hash = shown?.hash ?? (options.hash ?? '').padEnd(64, '0');
  const path = `/v1/sessions/${session}/approvals/${approval}`;
  const reply = await callGateway<VoteReply>({ method: 'POST', path, body: { ...body, hash } });
  process.stdout.write(json ? `${JSON.stringify(reply, null, 2)}\n` : `${replyLine(reply)}\n`);
}

function replyLine({ counted, decision, approvedBy, count }: VoteReply): string {
  if (!decision) {
    const before = counted ? '' : 'You have approved this already. ';
    return `${before}${approvedBy.length} of ${count} have approved: ${approvedBy.join(', ')}.`;
  }
  const by = decision.by.length === 0 ? '' : ` by ${decision.by.join(', ')}`;
  return `${counted ? 'It is' : 'It was decided before:'} ${decision.status}${by}.`;
}

function voteOf({ by, role, deny, reason, edit }: ApproveOptions): Omit<VoteRequest, 'hash'> {
  if (deny && edit !== undefined) throw new CliError('usage', 'Either deny, or edit and approve.');
  return {
    vote: deny ? 'deny' : 'approve',
    by,
    ...(role && { roles: role }),
    ...(reason === undefined ? {} : { reason }),
    ...(edit === undefined ? {} : { data: objectOf(edit) }),
  };
}

function objectOf(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as JsonObject | null;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // told below
  }
  throw new CliError('usage', '--edit takes what is to be approved instead, as a JSON object.');
}

function openApprovals(session: string): Promise<ApprovalsReply> {
  return callGateway<ApprovalsReply>({ path: `/v1/sessions/${session}/approvals` });
}

/** Null: it is not open any more, or never was. */
async function shownNow(session: string, approval: string, hash = ''): Promise<OpenApproval | null> {
  const { approvals: open } = await openApprovals(session);
  const found = open.find((each) => each.approval === approval) ?? null;
  if (found && !found.hash.startsWith(hash)) {
    const detail = `What is to be approved has been edited; look at it: npx convoke approvals ${session}`;
    throw new CliError('approval_changed', detail);
  }
  return found;
}
