/**
 * One ask of an agent: the model is asked, the tools that it calls are used side by side, it is asked again with their results, until it
 * answers without a call. Pure: each model call and each tool call is a step of its own, journaled by the kernel.
 *
 * Paths: the ask's own is the first model call, `{path}.2`, `{path}.3`, … the further ones; the calls of each end in `.c1`, `.c2`, …
 */
import {
  callPath,
  jsonChars,
  jsonIn,
  LIMITS,
  stepId,
  type AgentSpec,
  type ToolCall,
  type ToolResult,
  type ToolRound,
} from '../../src/contracts/index.ts';
import type { AskInput, Outcome } from '../teams/team.ts';
import { bounded } from '../tools/bounded.ts';
import { isNamed } from '../tools/names.ts';
import { handoffIn, taskIn, wrongHandoff } from '../tools/offers.ts';
import { approveCall } from './approvals.ts';
import { answerOf, type Call, type Calls, type TurnFrame } from './calls.ts';
import type { StepOutcome } from './step-call.ts';
import { never, type Repeats } from './spending.ts';

/** Where an ask is made, and what is said with it. */
export interface Asking {
  readonly path: string;
  /** Steps of the turn that the agent sees. */
  readonly sees: readonly string[];
  readonly last: boolean;
  readonly input?: AskInput;
  readonly frame: TurnFrame;
  readonly calls: Calls;
  /** Agents above, that have given this one its task; default 0. */
  readonly depth?: number;
  readonly repeats: Repeats;
}

/** `steps`: the model calls, in order. */
interface Asked {
  readonly outcome: Outcome;
  readonly steps: readonly string[];
}

export async function converse(agent: AgentSpec, asking: Asking): Promise<Asked> {
  const rounds: ToolRound[] = [];
  const steps: string[] = [];
  for (let round = 1; ; round += 1) {
    const path = round === 1 ? asking.path : `${asking.path}.${round}`;
    const outcome = await model(agent, { ...asking, path }, rounds);
    steps.push(stepId(asking.frame.turn, path));
    if (outcome.status === 'failed') return { outcome, steps };
    const { calls, usage: _, ...answer } = outcome;
    const { spending } = asking.frame;
    const times = asking.repeats.times(
      agent.name,
      JSON.stringify([asking.input?.task, answer.text, calls.map(said)]),
    );
    if (!spending.allows('repeats', times)) return never();
    if (calls.length === 0) return { outcome: withData(answer, agent, asking.input), steps };
    const handoff = handoffIn(agent, calls);
    if (handoff) return spending.handoff() ? { outcome: { ...answer, handoff }, steps } : never();
    const results = await Promise.all(
      calls.map(async (call, index) => ({
        ...call,
        result: await use(agent, call, { asking, path, n: index + 1 }),
      })),
    );
    rounds.push({ text: answer.text, calls: results });
  }
}

function model(agent: AgentSpec, asking: Asking, rounds: readonly ToolRound[]): Promise<StepOutcome> {
  const { path, sees, last, input, frame } = asking;
  return step(asking, {
    ...{ kind: 'ask', path, key: agent.name, step: stepId(frame.turn, path), agent: agent.name, sees, last },
    ...(input ? { input } : {}),
    ...(rounds.length === 0 ? {} : { rounds: [...rounds] }),
    mayCall: rounds.length < LIMITS.askRounds - 1,
  });
}

/** A call without the provider's name for it. */
function said({ tool, input, malformed }: ToolCall): unknown {
  return [tool, input, malformed];
}

async function step(
  { calls, frame: { spending } }: Asking,
  call: Omit<Call, 'until' | 'resolve'>,
): Promise<StepOutcome> {
  if (!spending.step()) return never();
  const outcome = (await answerOf(calls, { ...call, until: 0 })) as StepOutcome; // safety: see `CallAnswer`
  if (outcome.usage) spending.count(outcome.usage);
  return outcome;
}

interface Use {
  readonly asking: Asking;
  /** Of the answer that makes the call. */
  readonly path: string;
  /** 1, 2, … in that answer. */
  readonly n: number;
}

/** A failed call is an answer to the model. */
async function use(agent: AgentSpec, call: ToolCall, { asking, path: at, n }: Use): Promise<ToolResult> {
  if (n > LIMITS.callsPerRound) return refused(`Make at most ${LIMITS.callsPerRound} calls at a time.`);
  if (jsonChars(call) > LIMITS.callChars) return refused('The arguments are too long.');
  const path = callPath(at, n);
  const task = call.malformed === undefined ? taskIn(agent, call) : null;
  if (typeof task === 'string') return refused(task);
  if (task) return delegate(task, { ...asking, path: `${path}.1` });
  const wrong = wrongHandoff(agent, call);
  if (wrong !== null) return refused(wrong);
  const tools = asking.input?.tools ?? agent.tools ?? [];
  if (!isNamed(call.tool, tools)) return refused(`There is no tool "${call.tool.slice(0, 64)}".`);
  const { turn } = asking.frame;
  const place = { path, step: stepId(turn, path), agent: agent.name };
  const { approval } = call;
  const made = approval
    ? await approveCall({ ...call, approval }, { turn, path, calls: asking.calls, agent: agent.name })
    : { use: call };
  if (typeof made === 'string') return refused(made);
  const outcome = await step(asking, { kind: 'call', key: call.tool, ...place, ...made });
  return { status: outcome.status, text: resultOf(outcome) };
}

/** Another agent is asked: what it says is the result. It sees what its asker saw. */
async function delegate(
  { agent: name, task }: { readonly agent: string; readonly task: string },
  asking: Asking,
): Promise<ToolResult> {
  const { frame, depth = 0 } = asking;
  const agent = frame.cast.find(name);
  if (!agent) return refused(`The session has no agent "${name}".`);
  if (depth + 1 >= LIMITS.delegateDepth) return refused('Too many agents have given each other tasks.');
  const { outcome } = await converse(agent, { ...asking, input: { task }, last: false, depth: depth + 1 });
  return { status: outcome.status, text: resultOf(outcome) };
}

function resultOf(outcome: Outcome): string {
  const text = outcome.status === 'completed' ? outcome.text : `${outcome.code}: ${outcome.message}`;
  return bounded(text, LIMITS.toolResultChars);
}

function refused(text: string): ToolResult {
  return { status: 'failed', text };
}

function withData(
  answer: Extract<Outcome, { status: 'completed' }>,
  agent: AgentSpec,
  input?: AskInput,
): Outcome {
  if ((input?.output ?? agent.output) === undefined) return answer;
  const data = jsonIn(answer.text);
  return data === undefined ? answer : { ...answer, data };
}
