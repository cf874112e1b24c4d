/** Steps: one model call, one tool call, one word of the team or one summary each. */
import type { StepCall } from '../turn/step-call.ts';
import { AgentPerformer } from './agent-performer.ts';
import { SayPerformer } from './say-performer.ts';
import type { StepHost } from './host.ts';
import { Step } from './step.ts';
import { SummaryPerformer } from './summary-performer.ts';
import { ToolPerformer } from './tool-performer.ts';

export type { StepHost } from './host.ts';

/** `signal` stops it, with a `TurnStopped`. */
export function stepFor(host: StepHost, call: StepCall, signal: AbortSignal): Pick<Step<unknown>, 'run'> {
  const { use, say, summary } = call;
  if (use) return new Step(host, call, new ToolPerformer(host, call, use), signal);
  if (summary) return new Step(host, call, new SummaryPerformer(host, call, summary), signal);
  if (say !== undefined) return new Step(host, call, new SayPerformer(say), signal);
  return new Step(host, call, new AgentPerformer(host, call), signal);
}
