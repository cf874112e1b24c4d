/** Steps: one model call or one tool call each. */
import type { StepCall } from '../turn/kernel.ts';
import { AgentPerformer } from './agent-performer.ts';
import { Step, type StepHost } from './step.ts';
import { ToolPerformer } from './tool-performer.ts';

export function stepFor(host: StepHost, call: StepCall): Pick<Step<unknown>, 'run'> {
  const { use } = call;
  if (use) return new Step(host, call, new ToolPerformer(host, call, use));
  return new Step(host, call, new AgentPerformer(host, call));
}
