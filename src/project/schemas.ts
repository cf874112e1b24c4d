/** What a configuration may say, as Zod schemas. */
import { z } from 'zod';
import { LIMITS, termsOf } from '../contracts/index.ts';
import { nameSchema, providersSchema } from './provider.ts';

const whole = (min: number, max: number): z.ZodNumber => z.number().int().min(min).max(max);
const isFunction = (value: unknown): boolean => typeof value === 'function';
const aFunction = z.custom<(...args: never[]) => unknown>(isFunction, 'must be a function');
const names = z.array(nameSchema).max(64).exactOptional();
/** Zod's or JSON's: what it says is checked when it is read. */
const schema = z.custom<object>((value) => typeof value === 'object' && value !== null, 'must be a schema');

const step = {
  maxAttempts: whole(1, LIMITS.stepAttemptsMost).exactOptional(),
  timeoutMs: whole(1, LIMITS.stepTimeoutMostMs).exactOptional(),
  firstMs: whole(1, LIMITS.stepTimeoutMostMs).exactOptional(),
  idleMs: whole(1, LIMITS.stepTimeoutMostMs).exactOptional(),
};
/** How people have to approve a tool's calls. */
const approval = z.unknown().superRefine((rule, context) => {
  if (rule === 'always' || rule === 'never') return;
  const terms = termsOf(rule, 'tool');
  if (typeof terms === 'string') context.addIssue(terms);
});
const approvals = z.record(nameSchema, approval).exactOptional();
const caller = { ...step, tools: names, approvals, delegates: names, handoff: names };
const means = { ...caller, output: schema.exactOptional() };

const model = z.strictObject({
  ...means,
  instructions: z.string().min(1).max(LIMITS.configuredInstructionsChars).exactOptional(),
  model: z.string().min(1).max(LIMITS.modelChars).exactOptional(),
  provider: nameSchema.exactOptional(),
  temperature: z.number().min(0).max(2).exactOptional(),
  topP: z.number().min(0).max(1).exactOptional(),
  seed: z.number().int().exactOptional(),
  stop: z.array(z.string().min(1).max(LIMITS.stopChars)).min(1).max(LIMITS.stopTexts).exactOptional(),
  maxTokens: whole(1, LIMITS.modelTokens).exactOptional(),
  reasoningEffort: z.enum(['minimal', 'low', 'medium', 'high']).exactOptional(),
  contextTokens: whole(1, LIMITS.modelTokens).exactOptional(),
  images: z.boolean().exactOptional(),
});

const http = z.strictObject({
  ...means,
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
  model: z.string().min(1).max(LIMITS.modelChars),
  headers: z.record(z.string(), z.string()).exactOptional(),
  images: z.boolean().exactOptional(),
});

const script = z.strictObject({
  say: z.string().min(1).max(LIMITS.scriptChars).exactOptional(),
  tokens: whole(0, LIMITS.scriptTokens).exactOptional(),
  paceMs: whole(0, LIMITS.stepIdleMs).exactOptional(),
  faults: z.array(z.looseObject({})).max(LIMITS.scriptFaults).exactOptional(),
  calls: z
    .array(
      z
        .array(z.strictObject({ tool: nameSchema, input: z.looseObject({}).exactOptional() }))
        .max(LIMITS.callsPerRound),
    )
    .max(LIMITS.scriptRounds)
    .exactOptional(),
});

const definition = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('model'), settings: model }),
    z.strictObject({ kind: z.literal('http'), settings: http }),
    z.strictObject({ kind: z.literal('scripted'), script, settings: z.strictObject(caller) }),
    z.strictObject({
      kind: z.literal('code'),
      run: aFunction,
      settings: z.strictObject({ ...means, options: schema.exactOptional() }),
    }),
  ],
  'must be made by agent.model, agent.code, agent.http or agent.scripted',
);

export const teamsSchema = z.record(nameSchema, aFunction);

const { budgetLeast: least, budgetMost: most } = LIMITS;
const limitsSchema = z.strictObject({
  steps: whole(least.steps, most.steps).exactOptional(),
  handoffs: whole(least.handoffs, most.handoffs).exactOptional(),
  depth: whole(least.depth, most.depth).exactOptional(),
  width: whole(least.width, most.width).exactOptional(),
  runMs: whole(least.runMs, most.runMs).exactOptional(),
  tokens: whole(least.tokens, most.tokens).exactOptional(),
  cost: z.number().positive().max(most.cost).exactOptional(),
  repeats: whole(least.repeats, most.repeats).exactOptional(),
});
const amount = z.number().min(0).max(most.cost);
const price = z.strictObject({ input: amount, output: amount, cached: amount.exactOptional() });

const summary = z.strictObject({
  agent: nameSchema,
  afterChars: whole(LIMITS.summaryAfterChars.least, LIMITS.summaryAfterChars.most).exactOptional(),
});

const scorerName = nameSchema.max(LIMITS.scorerNameChars);
const share = { rate: z.number().min(0).max(1), private: z.boolean() };
const scorer = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('code'), code: aFunction, ...share }),
    z.strictObject({
      kind: z.literal('model'),
      judge: z.strictObject({
        rubric: z.string().min(1).max(LIMITS.rubricChars),
        model: z.string().min(1).max(LIMITS.modelChars).exactOptional(),
        provider: nameSchema.exactOptional(),
        maxTokens: whole(1, LIMITS.modelTokens).exactOptional(),
      }),
      ...share,
    }),
  ],
  'must be made by scorer.code or scorer.model',
);
const scorers = z
  .record(scorerName, scorer)
  .refine((given) => Object.keys(given).length <= LIMITS.scorers, `must be at most ${LIMITS.scorers}`);

export const projectSchema = z.strictObject({
  providers: providersSchema.exactOptional(),
  limits: limitsSchema.exactOptional(),
  summary: summary.exactOptional(),
  scorers: scorers.exactOptional(),
  prices: z.record(z.string().min(1).max(LIMITS.modelChars), price).exactOptional(),
  agents: z.record(nameSchema, definition).exactOptional(),
  tools: z
    .record(
      z.string(),
      z.custom<object>(
        (value) => isFunction((value as { readonly open?: unknown } | null)?.open),
        'must be made by tool or mcp',
      ),
    )
    .exactOptional(),
  teams: z
    .union([z.string(), teamsSchema], 'must be teams by name, or the path of a module that exports them')
    .exactOptional(),
});
