/** Approvals: people decide whether something is done, and are bound to what they were shown. Pure. */
import type { ErrorCode } from './errors.ts';
import { isShallow, jsonBytes, type Json, type JsonObject } from './json.ts';
import { LIMITS } from './limits/index.ts';
import { plainName } from './member.ts';
import type { Reason } from './reasons.ts';
import { sha256 } from './sha256.ts';

/** Who may decide: those of these names and those with one of these roles; with neither, anybody. */
export interface Approvers {
  readonly names?: readonly string[];
  readonly roles?: readonly string[];
  /** So many different people have to approve; default 1. One who denies is enough. */
  readonly count?: number;
}

/** How something is approved. */
export interface ApprovalRule {
  /** In a few words, at most 200 UTF-16 code units. */
  readonly title?: string;
  /** At most 2 Ki UTF-16 code units. */
  readonly text?: string;
  readonly approvers?: Approvers;
  /** How long it is waited for; at most, and by default, 30 days. */
  readonly expiresMs?: number;
  /** What happens if nobody has decided by then; default `deny`. */
  readonly onExpiry?: 'deny' | 'approve';
  /** Whoever approves may change `data`; default false. */
  readonly mayEdit?: boolean;
}

/** A rule with everything that it leaves out. */
export interface ApprovalTerms extends Pick<ApprovalRule, 'text'> {
  readonly title: string;
  readonly approvers: Approvers & { readonly count: number };
  readonly expiresMs: number;
  readonly onExpiry: 'deny' | 'approve';
  readonly mayEdit: boolean;
}

/** What is approved. */
export interface Approvable {
  readonly title: string;
  readonly text?: string;
  /** The tool that an agent wants to call; `data` are its arguments. */
  readonly tool?: string;
  /** At most 8 KiB of JSON. */
  readonly data?: JsonObject;
}

/** An approval as it is asked for. */
export interface Approval extends Approvable, Omit<ApprovalTerms, 'expiresMs' | 'title' | 'text'> {
  /** The agent that wants to call the tool. */
  readonly agent?: string;
  /** Of what is approved, see `approvalHash`: a vote names it, so nobody approves what she was not shown. */
  readonly hash: string;
}

/** An approval that is not decided. */
export interface OpenApproval extends Approval {
  /** Its id: that of the step that it is for (a tool call), or of its place in the turn. */
  readonly approval: string;
  readonly turn: string;
  /** When it expires, ms since the Unix epoch. */
  readonly until: number;
  /** Who has approved it so far, as it is now. */
  readonly approvedBy: readonly string[];
}

export type ApprovalStatus = 'approved' | 'denied' | 'expired' | 'cancelled';

/** `expired`: nobody had decided in time, and the default is to deny. `by`: empty if nobody has decided. */
export interface ApprovalDecision {
  readonly status: ApprovalStatus;
  readonly by: readonly string[];
  /** Of what was decided upon. */
  readonly hash: string;
  readonly reason?: Reason;
}

/** Body of `POST /v1/sessions/{id}/approvals/{approval}`. */
export interface VoteRequest {
  readonly vote: 'approve' | 'deny';
  /** Of what the voter was shown. */
  readonly hash: string;
  /** Who votes. */
  readonly by: string;
  /** Her roles; of a member of the session those of the member count instead. */
  readonly roles?: readonly string[];
  /** Why, at most 500 UTF-16 code units; an agent whose call is denied is told it. */
  readonly reason?: string;
  /** Instead of the `data` that was shown: earlier votes do not count for it. */
  readonly data?: JsonObject;
}

/** A vote, as the workflow gets it. */
export interface Vote extends VoteRequest {
  readonly approval: string;
}

export interface VoteReply {
  readonly status: 'open' | 'decided';
  /** False: the vote has changed nothing, for it was decided before, or the voter had approved it already. */
  readonly counted: boolean;
  /** Of what is approved now. */
  readonly hash: string;
  readonly approvedBy: readonly string[];
  /** How many have to approve. */
  readonly count: number;
  /** What was decided, by this vote or before. */
  readonly decision?: ApprovalDecision;
}

export interface VoteRefusal {
  readonly status: 'refused';
  readonly code: ErrorCode;
  /** What to do. */
  readonly detail: string;
}

/** The answer to `GET /v1/sessions/{id}/approvals`. */
export interface ApprovalsReply {
  readonly approvals: readonly OpenApproval[];
}

/** JSON with sorted keys and without spaces: one text for equal values. */
export function canonicalJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each: Json) => canonicalJson(each)).join()}]`;
  const object = value as JsonObject;
  const keys = Object.keys(object).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] ?? null)}`).join()}}`;
}

/** SHA-256 over the canonical JSON of `{ approval, title, text, tool, data }` without what is absent, in hexadecimal. */
export function approvalHash(approval: string, { title, text, tool, data }: Approvable): string {
  return sha256(
    canonicalJson({
      ...{ approval, title },
      ...(text === undefined ? {} : { text }),
      ...(tool === undefined ? {} : { tool }),
      ...(data === undefined ? {} : { data }),
    }),
  );
}

/** True if somebody may decide. `name`: whatever its case. */
export function mayDecide(
  { names = [], roles = [] }: Approvers,
  voter: { readonly name: string; readonly roles: readonly string[] },
): boolean {
  if (names.length === 0 && roles.length === 0) return true;
  return (
    names.some((name) => plainName(name) === plainName(voter.name)) ||
    roles.some((role) => voter.roles.includes(role))
  );
}

/** A rule with its defaults; a sentence if it is no rule. JavaScript may hand over anything. */
export function termsOf(rule: unknown, title: string): ApprovalTerms | string {
  if (typeof rule !== 'object' || rule === null) return 'An approval is described by an object.';
  const given = { title, ...rule } as Readonly<Record<string, unknown>>;
  const {
    text,
    approvers = {},
    expiresMs = LIMITS.approvalMostMs,
    onExpiry = 'deny',
    mayEdit = false,
  } = given;
  if (!isText(given['title'], LIMITS.approvalTitleChars))
    return `The title of an approval has 1 to ${LIMITS.approvalTitleChars} characters.`;
  if (text !== undefined && !isText(text, LIMITS.approvalTextChars))
    return `The text of an approval has 1 to ${LIMITS.approvalTextChars} characters.`;
  if (typeof expiresMs !== 'number' || !(expiresMs >= 1 && expiresMs <= LIMITS.approvalMostMs))
    return `"expiresMs" of an approval is from 1 to ${LIMITS.approvalMostMs}.`;
  if (onExpiry !== 'deny' && onExpiry !== 'approve') return '"onExpiry" of an approval is deny or approve.';
  if (typeof mayEdit !== 'boolean') return '"mayEdit" of an approval is true or false.';
  const known = approversOf(approvers);
  if (typeof known === 'string') return known;
  return {
    title: given['title'].toWellFormed(),
    ...(text === undefined ? {} : { text: text.toWellFormed() }),
    ...{ approvers: known, expiresMs, onExpiry, mayEdit },
  };
}

function approversOf(given: unknown): ApprovalTerms['approvers'] | string {
  if (typeof given !== 'object' || given === null)
    return '"approvers" of an approval is { names, roles, count }.';
  const { names, roles, count = 1 } = given as Readonly<Record<string, unknown>>;
  for (const list of [names, roles]) {
    if (list !== undefined && !isNames(list))
      return `"names" and "roles" of approvers are lists of 1 to ${LIMITS.approversNamed} names.`;
  }
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > LIMITS.approversNamed)
    return `"count" of approvers is from 1 to ${LIMITS.approversNamed}.`;
  const [named, withRole] = [names as readonly string[] | undefined, roles as readonly string[] | undefined];
  const distinct = new Set(named?.map(plainName)).size;
  if (named && !withRole && distinct < count) return `${distinct} named people cannot be ${count} approvers.`;
  return { ...(named ? { names: named } : {}), ...(withRole ? { roles: withRole } : {}), count };
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.trim() !== '' && value.length <= most;
}

function isNames(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= LIMITS.approversNamed &&
    value.every((each) => isText(each, LIMITS.nameChars))
  );
}

/** What is approved, as JSON has it; undefined: it is no object of JSON, or too large. */
export function approvableData(value: unknown): JsonObject | undefined {
  try {
    const copy = JSON.parse(JSON.stringify(value)) as unknown;
    if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) return undefined;
    if (!isShallow(copy, LIMITS.jsonDepth)) return undefined;
    return jsonBytes(copy) <= LIMITS.approvalDataBytes ? (copy as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
