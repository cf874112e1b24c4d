/** What the answers of the API have in common. */
import { z } from 'zod';

/** Accepts a schema only if every value of the contract type fits it. */
export const describes =
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- given by the caller, the other one inferred
  <T>() =>
    <S extends z.ZodType>(schema: T extends z.input<S> ? S : never): S =>
      schema;

export const list = <S extends z.ZodType>(schema: S): z.ZodReadonly<z.ZodArray<S>> =>
  z.array(schema).readonly();
export const ms = z.number().meta({ description: 'ms since the Unix epoch', examples: [1_764_000_000_000] });
export const object = z.unknown().meta({ override: { type: 'object' } });
export const endStatus = z.enum(['running', 'completed', 'failed', 'cancelled']);
export const receiptStatus = z.enum([
  'accepted',
  'scheduled',
  'queued',
  'consumed',
  'published',
  'superseded',
  'rejected',
]);
export const failure = z.object({ code: z.string(), message: z.string() });

export const usage = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  cachedTokens: z.number().optional(),
  reasoningTokens: z.number().optional(),
});
export const position = z
  .object({ epoch: z.number(), seq: z.number() })
  .meta({ id: 'Position', description: 'A place in the log of a session.' });
const filePart = z
  .object({
    type: z.literal('file'),
    file: z.string(),
    name: z.string(),
    contentType: z.string(),
    bytes: z.number(),
    sha256: z.string(),
  })
  .meta({ id: 'FilePart', description: 'A file of the session: GET /v1/sessions/{id}/files/{file}.' });

export const part = z.union([
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('data'), data: object }),
  filePart,
]);

const approvers = z.object({
  names: list(z.string()).optional(),
  roles: list(z.string()).optional(),
  count: z.number(),
});

export const rule = {
  title: z.string(),
  text: z.string().optional(),
  approvers,
  onExpiry: z.enum(['deny', 'approve']),
  mayEdit: z.boolean(),
};

export const toolCall = z
  .object({
    id: z.string(),
    tool: z.string(),
    input: object,
    malformed: z.string().optional(),
    effect: z
      .enum(['keyed', 'once'])
      .optional()
      .meta({ description: 'The call changes something: withdrawing its turn does not undo it.' }),
    approval: z
      .object({ ...rule, expiresMs: z.number() })
      .optional()
      .meta({ description: 'People have to approve it first.' }),
  })
  .meta({ id: 'ToolCall', description: 'One use of a tool, as a model asks for it.' });

/** The cursor of the next page; null: this is the last. */
export const next = z.string().nullable();
