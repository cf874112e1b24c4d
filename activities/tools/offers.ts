/** The two tools that every model agent may have without anybody writing them: a task for another agent, and a handoff. Pure. */
import type { AgentSpec, Handoff, ToolCall, ToolSpec } from '../../src/contracts/index.ts';

const ASK_AGENT = 'ask_agent';
const HAND_OVER = 'hand_over';

/** Names that no tool of a configuration may have. */
export const BUILT_IN: readonly string[] = [ASK_AGENT, HAND_OVER];

/** How they are told to the model of this agent. */
export function offersOf({ delegates = [], handoff = [] }: AgentSpec): readonly ToolSpec[] {
  return [
    ...(delegates.length === 0 ? [] : [askAgent(delegates)]),
    ...(handoff.length === 0 ? [] : [handOver(handoff)]),
  ];
}

/** The task that the call gives to another agent, a sentence if it is not a valid one; null: it is a call of something else. */
export function taskIn(
  { delegates = [] }: AgentSpec,
  { tool, input }: ToolCall,
): { readonly agent: string; readonly task: string } | string | null {
  if (tool !== ASK_AGENT || delegates.length === 0) return null;
  const { agent, task } = input;
  if (typeof agent !== 'string' || !delegates.includes(agent)) return `Name one of: ${delegates.join(', ')}.`;
  if (typeof task !== 'string' || task.trim() === '') return 'Say what the agent should do in "task".';
  return { agent, task };
}

/** Where one of the calls hands the conversation over to; null: none of them does. */
export function handoffIn({ handoff = [] }: AgentSpec, calls: readonly ToolCall[]): Handoff | null {
  for (const { tool, input } of calls) {
    const { agent, reason } = input;
    if (tool !== HAND_OVER || typeof agent !== 'string' || !handoff.includes(agent)) continue;
    return { agent, ...(typeof reason === 'string' ? { reason } : {}) };
  }
  return null;
}

/** What a model is told of a handoff that it got wrong; null: the call is something else. */
export function wrongHandoff({ handoff = [] }: AgentSpec, { tool }: ToolCall): string | null {
  return tool === HAND_OVER && handoff.length > 0 ? `Name one of: ${handoff.join(', ')}.` : null;
}

function askAgent(delegates: readonly string[]): ToolSpec {
  return {
    name: ASK_AGENT,
    description: 'Gives a task to another agent and returns its answer.',
    input: schema({ agent: { type: 'string', enum: delegates }, task: { type: 'string' } }, [
      'agent',
      'task',
    ]),
  };
}

function handOver(agents: readonly string[]): ToolSpec {
  return {
    name: HAND_OVER,
    description:
      'Hands the conversation over to another agent, who answers in your place. Say nothing after it.',
    input: schema({ agent: { type: 'string', enum: agents }, reason: { type: 'string' } }, ['agent']),
  };
}

function schema(properties: ToolSpec['input'], required: readonly string[]): ToolSpec['input'] {
  return { type: 'object', properties, required, additionalProperties: false };
}
