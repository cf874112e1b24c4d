/** Approvals: what an agent says of its tools, and votes. */
import { z } from 'zod';
import { LIMITS, STEP_PATTERN } from '../../contracts/index.ts';
import type { AgentSpec, Approvers, VoteRequest } from '../../contracts/index.ts';
import { idSchema, jsonObjectSchema, personName, text, whole } from './common.ts';

const named = z.array(personName).min(1).max(LIMITS.approversNamed);

const approversSchema = z
  .strictObject({
    names: named.exactOptional(),
    roles: named.exactOptional(),
    count: whole(1, LIMITS.approversNamed).exactOptional(),
  })
  .refine(
    ({ names, roles, count = 1 }) => !names || roles !== undefined || new Set(names).size >= count,
    'so many people are not named',
  )
  .meta({
    id: 'Approvers',
    description:
      'Those of these names, and those with one of these roles; with neither, anybody. So many different people (`count`, default 1) have to approve.',
    examples: [{ roles: ['lead'], count: 2 }],
  }) satisfies z.ZodType<Approvers>;

const ruleSchema = z
  .strictObject({
    title: text(LIMITS.approvalTitleChars).exactOptional(),
    text: text(LIMITS.approvalTextChars).exactOptional(),
    approvers: approversSchema.exactOptional(),
    expiresMs: whole(1, LIMITS.approvalMostMs).exactOptional(),
    onExpiry: z.enum(['deny', 'approve']).exactOptional(),
    mayEdit: z.boolean().exactOptional(),
  })
  .meta({ id: 'ApprovalRule', description: 'How people approve the calls of a tool. Times in ms.' });

/** Of an agent, by the names of tools. */
export const approvalsSchema = z
  .record(idSchema, z.union([z.enum(['never', 'always']), ruleSchema]))
  .refine(
    (rules) => Buffer.byteLength(JSON.stringify(rules)) <= LIMITS.metadataBytes,
    `must be at most ${LIMITS.metadataBytes} bytes of JSON`,
  )
  .meta({
    description: 'Which calls of its tools people have to approve.',
    examples: [{ refund: { approvers: { roles: ['lead'], count: 2 } } }],
  }) satisfies z.ZodType<AgentSpec['approvals']>;

export const rolesSchema = z
  .array(personName)
  .max(LIMITS.rolesPerPerson)
  .meta({ description: 'What she may approve.', examples: [['lead']] });

export const approvalIdSchema = z
  .string()
  .regex(STEP_PATTERN, 'must be the id of an approval, like t1.2')
  .meta({ description: 'The id of an approval.', examples: ['t1.1.c1'] });

export const voteSchema = z
  .strictObject({
    vote: z.enum(['approve', 'deny']),
    hash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be the hash of what the voter was shown')
      .meta({ description: 'Of what the voter was shown, as the open approval has it.' }),
    by: personName.meta({ description: 'Who votes.', examples: ['ana'] }),
    roles: rolesSchema.exactOptional(),
    reason: text(LIMITS.failureChars)
      .meta({ description: 'Why. An agent whose call is denied is told it.' })
      .exactOptional(),
    data: jsonObjectSchema
      .refine(
        (value) => Buffer.byteLength(JSON.stringify(value)) <= LIMITS.approvalDataBytes,
        `must be at most ${LIMITS.approvalDataBytes} bytes of JSON`,
      )
      .meta({ description: 'Instead of the `data` that was shown; makes earlier votes void.' })
      .exactOptional(),
  })
  .refine(({ vote, data }) => vote === 'approve' || data === undefined, {
    path: ['data'],
    message: 'only what is approved can be edited',
  })
  .meta({ id: 'VoteRequest', description: 'A vote on an approval.' }) satisfies z.ZodType<VoteRequest>;
