/**
 * The answers of the API, as schemas for its description. The contract types are authoritative: a schema that does not cover its type does
 * not compile. Nothing is validated with these schemas.
 */
import { z } from 'zod';
import { POLICIES } from '../contracts/index.ts';
import type {
  ApprovalsReply,
  CancelReply,
  EventPage,
  ForkReply,
  MembersReply,
  Receipt,
  ScheduledPage,
  SessionEvent,
  SessionPage,
  SessionSummary,
  SessionView,
  VoteReply,
  WakeReply,
} from '../contracts/index.ts';
import {
  describes,
  list,
  ms,
  object,
  endStatus,
  receiptStatus,
  failure,
  usage,
  position,
  part,
  rule,
  toolCall,
  next,
} from './shapes.ts';
import { givenFeedback } from './replies-feedback.ts';

const parent = z
  .object({ session: z.string(), seq: z.number() })
  .optional()
  .meta({ description: 'Of a fork: where it left its parent.' });

const summary = z.object({
  id: z.string(),
  tenant: z.string(),
  team: z.string(),
  status: z.enum(['open', 'hibernated', 'closed', 'interrupted']),
  createdAt: ms,
  workflowId: z.string().meta({ description: 'The workflow id, for the Temporal Web UI.' }),
  parent,
});

export const summaryReply = describes<SessionSummary>()(summary.meta({ id: 'SessionSummary' }));

export const receiptReply = describes<Receipt>()(
  z
    .object({
      session: z.string(),
      messageId: z.string(),
      status: receiptStatus,
      deliverAt: ms.optional().meta({ description: 'Of a scheduled message: when it is delivered.' }),
      turn: z.string().optional(),
      turnStatus: endStatus.optional(),
      code: z.string().optional(),
    })
    .meta({
      id: 'Receipt',
      description: 'The status of a message. `accepted`: it is persisted and cannot be lost.',
    }),
);

export const forkReply = describes<ForkReply>()(
  summary.extend({ receipt: receiptReply.optional() }).meta({ id: 'ForkReply' }),
);

export const eventReply = describes<SessionEvent>()(
  z
    .object({
      v: z.literal(1),
      tenant: z.string(),
      session: z.string(),
      epoch: z.number(),
      seq: z.number().meta({ description: '1, 2, … without gaps' }),
      id: z.string(),
      type: z.string().meta({ examples: ['step.completed'] }),
      at: ms,
      turn: z.string().optional(),
      step: z.string().optional(),
      attempt: z.number().optional(),
      agent: z.string().optional(),
      cause: z.string().optional(),
      stamps: object.optional(),
      data: object.meta({ description: 'Depends on `type`; see PROTOCOL.md.' }),
    })
    .meta({
      id: 'SessionEvent',
      description: 'A durable fact of a session. Ignore types that you do not know.',
    }),
);

const turns = z.object({ from: z.string(), upTo: z.string() });

const shown = z.object({
  from: z
    .string()
    .optional()
    .meta({ description: 'The earliest turn that it was shown; absent: only its own.' }),
  summary: z
    .object({ step: z.string(), upTo: z.string() })
    .optional()
    .meta({ description: 'What stood for the turns up to this one; the step has made it.' }),
  leftOut: turns.optional().meta({ description: 'It was shown nothing of these turns, or not all.' }),
});

const entry = z.union([
  z.object({
    kind: z.literal('message'),
    messageId: z.string(),
    parts: list(part),
    from: z.string().optional(),
    policy: z.enum(POLICIES).optional(),
    at: ms,
    status: receiptStatus,
    deliverAt: ms.optional(),
    turn: z.string().optional(),
    code: z.string().optional(),
  }),
  z.object({
    kind: z.literal('step'),
    step: z.string(),
    turn: z.string(),
    agent: z.string(),
    attempt: z.number(),
    status: endStatus,
    text: z.string(),
    at: ms,
    failure: failure.extend({ retryAt: ms.optional() }).optional(),
    reasoning: z.string().optional().meta({ description: 'What the model thought before it answered.' }),
    usage: usage.optional().meta({ description: 'Sum over all attempts.' }),
    reason: failure.optional().meta({ description: 'Why it was cancelled.' }),
    finish: z.enum(['stop', 'length', 'filter', 'tools']).optional(),
    summarises: z
      .object({ upTo: z.string(), seq: z.number() })
      .optional()
      .meta({ description: 'The step makes a summary of the turns up to this one: it is no answer.' }),
    use: toolCall.optional().meta({ description: 'The step is this tool call; its text is the result.' }),
    calls: list(toolCall)
      .optional()
      .meta({ description: 'The tools that the model calls; their steps follow.' }),
    waiting: failure
      .extend({ until: ms })
      .optional()
      .meta({ description: 'Why the step pauses, and until when.' }),
    shown: shown
      .optional()
      .meta({ description: 'What the agent was shown; absent: all that was said before.' }),
  }),
]);

const member = z
  .object({
    kind: z.enum(['agent', 'person']),
    name: z.string(),
    status: z.enum(['active', 'paused', 'left']).meta({ description: 'A paused agent is not asked.' }),
    roles: list(z.string()).optional().meta({ description: 'What a person may approve.' }),
  })
  .meta({ id: 'Member', description: 'An agent or a person that takes part in a session.' });

const openApproval = z
  .object({
    ...{ approval: z.string(), turn: z.string(), ...rule },
    tool: z.string().optional().meta({ description: 'The tool that an agent wants to call with `data`.' }),
    agent: z.string().optional(),
    data: object.optional().meta({ description: 'What is approved.' }),
    hash: z.string().meta({ description: 'Of what is approved: a vote names it.' }),
    until: ms.meta({ description: 'When it expires, ms since the Unix epoch.' }),
    approvedBy: list(z.string()),
  })
  .meta({ id: 'OpenApproval', description: 'What people have to decide upon.' });

export const approvalsReply = describes<ApprovalsReply>()(
  z.object({ approvals: list(openApproval) }).meta({ id: 'Approvals' }),
);

export const voteReply = describes<VoteReply>()(
  z
    .object({
      status: z.enum(['open', 'decided']),
      counted: z.boolean().meta({ description: 'False: the vote has changed nothing.' }),
      hash: z.string(),
      approvedBy: list(z.string()),
      count: z.number().meta({ description: 'How many have to approve.' }),
      decision: z
        .object({
          status: z.enum(['approved', 'denied', 'expired', 'cancelled']),
          by: list(z.string()),
          hash: z.string(),
          reason: failure.optional(),
        })
        .optional()
        .meta({ description: 'By this vote, or before.' }),
    })
    .meta({ id: 'VoteReply' }),
);

export const viewReply = describes<SessionView>()(
  z
    .object({
      tenant: z.string(),
      session: z.string(),
      position,
      status: z.enum(['open', 'closing', 'closed', 'interrupted', 'hibernated']),
      team: z.object({ name: z.string() }),
      agents: list(z.string()),
      members: list(member).meta({ description: 'Agents and people, in the order in which they joined.' }),
      metadata: object.meta({ description: 'Of what the session was opened with, the field `public`.' }),
      createdAt: ms,
      parent,
      entries: list(entry),
      turns: list(
        z.object({
          turn: z.string(),
          status: endStatus,
          messageIds: list(z.string()),
          beside: z.literal(true).optional(),
          failure: failure.optional(),
          reason: failure.optional(),
          by: z.string().optional().meta({ description: 'The message that stopped it, or took its place.' }),
          into: z
            .string()
            .optional()
            .meta({ description: 'Its messages are answered in this turn instead.' }),
          rolledBack: z
            .object({ lasting: list(z.object({ step: z.string(), tool: z.string() })) })
            .optional()
            .meta({ description: 'It was withdrawn. What these calls of tools did is not undone.' }),
        }),
      ),
      asked: list(
        z.object({ question: z.string(), turn: z.string(), name: z.string(), text: z.string(), until: ms }),
      ).meta({ description: 'Questions to people that are not answered.' }),
      approvals: list(openApproval),
      feedback: list(givenFeedback).optional(),
      truncated: z
        .boolean()
        .meta({ description: 'True if older entries exist; page the events to get them.' }),
    })
    .meta({
      id: 'SessionView',
      description:
        'What a client shows of a session: the newest entries, including the text of running steps.',
    }),
);

export const eventPageReply = describes<EventPage>()(
  z.object({ data: list(eventReply), next, head: position }).meta({ id: 'EventPage' }),
);

export const sessionPageReply = describes<SessionPage>()(
  z.object({ data: list(summaryReply), next }).meta({ id: 'SessionPage' }),
);

export const cancelReply = describes<CancelReply>()(
  z
    .object({
      status: z.enum(['cancelling', 'ended', 'none']),
      turn: z.string().optional(),
      step: z.string().optional(),
      turns: list(z.string()).optional(),
    })
    .meta({
      id: 'CancelReply',
      description: '`cancelling`: a terminal event follows. `ended`: the turn was already over.',
    }),
);

export const wakeReply = describes<WakeReply>()(
  z.object({ status: z.enum(['woken', 'none']), turn: z.string().optional() }).meta({
    id: 'WakeReply',
    description: '`woken`: the team goes on. `none`: there is no such turn, or it does not sleep.',
  }),
);

export const membersReply = describes<MembersReply>()(
  z.object({ status: z.enum(['changed', 'unchanged']), members: list(member) }).meta({
    id: 'MembersReply',
    description: '`unchanged`: it was so already. An event `session.members` tells of a change.',
  }),
);

export const scheduledReply = describes<ScheduledPage>()(
  z
    .object({
      data: list(
        z.object({ messageId: z.string(), parts: list(part), from: z.string().optional(), deliverAt: ms }),
      ),
    })
    .meta({ id: 'ScheduledPage', description: 'Messages that wait for their time, the next one first.' }),
);
