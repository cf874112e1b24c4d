/** Agents. */
import { z } from 'zod';
import { LIMITS } from '../../contracts/index.ts';
import type { AgentScript, AgentSpec, ScriptCall, ScriptFault } from '../../contracts/index.ts';
import { boundedJsonSchema, idSchema, text, whole } from './common.ts';

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
      'What a scripted agent says, declared as data. `{{message}}`, `{{previous}}`, `{{agent}}`, `{{turn}}`, `{{results}}` are replaced.',
    examples: [{ say: 'You said: {{message}}', paceMs: 20 }],
  }) satisfies z.ZodType<AgentScript>;

export const agentSchema = z
  .strictObject({
    name: idSchema,
    runner: z.enum(['scripted', 'model']),
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
    options: boundedJsonSchema.exactOptional(),
    maxAttempts: whole(1, LIMITS.stepAttemptsMost).exactOptional(),
    timeoutMs: whole(1, LIMITS.stepTimeoutMostMs).exactOptional(),
    firstMs: whole(1, LIMITS.stepTimeoutMostMs).exactOptional(),
    idleMs: whole(1, LIMITS.stepTimeoutMostMs).exactOptional(),
  })
  .refine((agent) => agent.quick !== true || agent.runner === 'scripted', {
    path: ['quick'],
    message: 'a model call cannot be quick',
  })
  .refine((agent) => agent.quick !== true || agent.script?.calls === undefined, {
    path: ['quick'],
    message: 'an agent that calls tools cannot be quick',
  })
  .refine((agent) => agent.script === undefined || agent.runner === 'scripted', {
    path: ['script'],
    message: 'only a scripted agent has a script',
  })
  .meta({
    id: 'AgentSpec',
    description: 'A named participant. Times in ms.',
    examples: [{ name: 'writer', runner: 'scripted', script: { say: 'Hello, {{message}}' } }],
  }) satisfies z.ZodType<AgentSpec>;
