/** Agents, as requests name them. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import type { AgentRequest, AgentScript, ScriptCall, ScriptFault } from '../../contracts/index.ts';
import { approvalsSchema } from './approval.ts';
import { boundedJsonSchema, idSchema, text, whole } from './common.ts';
import { outputSchema } from './output.ts';

const faultSchema = z
  .strictObject({
    attempt: whole(1, LIMITS.stepAttemptsMost).exactOptional(),
    afterTokens: whole(0, LIMITS.scriptTokens),
    kind: z.enum(['throw', 'refuse', 'hang', 'flood', 'limit', 'empty']),
    retryAfterMs: whole(0, LIMITS.stepTimeoutMs).exactOptional(),
  })
  .meta({
    id: 'ScriptFault',
    description: 'A fault that a scripted agent plays.',
  }) satisfies z.ZodType<ScriptFault>;

const scriptCallSchema = z.strictObject({ tool: idSchema, input: boundedJsonSchema.exactOptional() }).meta({
  id: 'ScriptCall',
  description: 'A call of a tool that a scripted agent makes.',
}) satisfies z.ZodType<ScriptCall>;

const scriptSchema = z
  .strictObject({
    say: text(LIMITS.scriptChars).exactOptional(),
    tokens: whole(0, LIMITS.scriptTokens).exactOptional(),
    paceMs: whole(0, LIMITS.stepIdleMs).exactOptional(),
    faults: z.array(faultSchema).max(LIMITS.scriptFaults).exactOptional(),
    calls: z
      .array(z.array(scriptCallSchema).max(LIMITS.callsPerRound))
      .max(LIMITS.scriptRounds)
      .exactOptional(),
  })
  .refine((script) => script.say === undefined || script.tokens === undefined, 'give say or tokens, not both')
  .meta({
    id: 'AgentScript',
    description:
      'What a scripted agent says, declared as data. `{{message}}`, `{{previous}}`, `{{agent}}`, `{{turn}}`, `{{summary}}`, `{{results}}` are replaced.',
    examples: [{ say: 'You said: {{message}}', paceMs: 20 }],
  }) satisfies z.ZodType<AgentScript>;

type Fault = readonly [key: string, message: string];
type Declared = Exclude<AgentRequest, string>;

/** What a session may set of a configured agent: the rest is the configuration's business. */
const OF_SESSION: ReadonlySet<string> = new Set(['name', 'runner', 'use', 'options', 'delegates', 'handoff']);

function faultsOf(agent: Declared): readonly Fault[] {
  const { runner, use, quick, script } = agent;
  if (use !== undefined || runner === 'configured') {
    if (runner !== undefined && runner !== 'configured')
      return [['runner', 'a configured agent has a runner of its own; leave it out']];
    return Object.keys(agent)
      .filter((key) => !OF_SESSION.has(key))
      .map((key): Fault => [key, 'the configuration of the agent decides this; leave it out']);
  }
  if (runner === undefined) return [['runner', 'name a runner, or in "use" an agent of the configuration']];
  if (runner === 'scripted') {
    if (agent.output !== undefined)
      return [['output', 'only an agent with the runner "model" may have it; leave it out']];
    return quick === true && script?.calls !== undefined
      ? [['quick', 'an agent that calls tools cannot be quick; leave it out']]
      : [];
  }
  return [
    ...(quick === true ? [['quick', 'a model call cannot be quick; leave it out'] as const] : []),
    ...(script === undefined
      ? []
      : [['script', 'only an agent with the runner "scripted" may have it; leave it out'] as const]),
  ];
}

export const agentSchema = z
  .strictObject({
    name: idSchema,
    runner: z.enum(['scripted', 'model', 'configured']).exactOptional(),
    use: idSchema
      .meta({ description: 'The agent of the workers’ configuration that this is.' })
      .exactOptional(),
    instructions: text(LIMITS.instructionsChars).exactOptional(),
    model: text(LIMITS.modelChars).exactOptional(),
    script: scriptSchema.exactOptional(),
    quick: z.boolean().exactOptional(),
    provider: idSchema.exactOptional(),
    temperature: z.number().min(0).max(2).exactOptional(),
    topP: z.number().min(0).max(1).exactOptional(),
    seed: z.number().int().exactOptional(),
    stop: z.array(text(LIMITS.stopChars)).min(1).max(LIMITS.stopTexts).exactOptional(),
    maxTokens: whole(1, LIMITS.modelTokens).exactOptional(),
    reasoningEffort: z.enum(['minimal', 'low', 'medium', 'high']).exactOptional(),
    contextTokens: whole(1, LIMITS.modelTokens).exactOptional(),
    images: z
      .boolean()
      .meta({ description: 'The model is shown images of the conversation, and takes them.' })
      .exactOptional(),
    options: boundedJsonSchema.exactOptional(),
    tools: z.array(idSchema).max(LIMITS.toolsPerAgent).exactOptional(),
    approvals: approvalsSchema.exactOptional(),
    delegates: z.array(idSchema).max(LIMITS.agentsPerSession).exactOptional(),
    handoff: z.array(idSchema).max(LIMITS.agentsPerSession).exactOptional(),
    output: outputSchema.exactOptional(),
    maxAttempts: whole(1, LIMITS.stepAttemptsMost).exactOptional(),
    timeoutMs: whole(1, LIMITS.stepTimeoutMostMs).exactOptional(),
    firstMs: whole(1, LIMITS.stepTimeoutMostMs).exactOptional(),
    idleMs: whole(1, LIMITS.stepTimeoutMostMs).exactOptional(),
  })
  .superRefine((agent, context) => {
    for (const [key, message] of faultsOf(agent)) context.addIssue({ code: 'custom', path: [key], message });
  })
  .meta({
    id: 'AgentSpec',
    description:
      'A named participant: one of the configuration (`use`), or one declared as data. Times in ms.',
    examples: [
      { name: 'writer', runner: 'scripted', script: { say: 'Hello, {{message}}' } },
      { name: 'billing', use: 'billing', options: { currency: 'EUR' } },
    ],
  }) satisfies z.ZodType<AgentRequest>;
