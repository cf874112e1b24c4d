/** Which calls of tools people have to approve. Pure. */
import {
  termsOf,
  type AgentSpec,
  type ApprovalRule,
  type ApprovalTerms,
  type JsonObject,
  type ToolCall,
} from '../../src/contracts/index.ts';
import { sourceName } from './names.ts';
import type { Tool } from './tool.ts';

/** Whether people have to approve a call, and how. */
export type ToolApproval = 'never' | 'always' | ApprovalRule;

/** The same, or a function that says so of the arguments of a call; undefined: never. */
export type ToolApprovals<Input = JsonObject> = ToolApproval | ((input: Input) => ToolApproval | undefined);

/** Throws a `TypeError` if it is no rule. */
export function checkApproval(approval: unknown, name: string): void {
  if (typeof approval !== 'function') rule(approval as ToolApproval | undefined, name);
}

/** What the rule of a tool says of a call. Throws what the rule throws, and a `TypeError` if it answers with no rule. */
export function approvalFor<Input>(
  approval: ToolApprovals<Input> | undefined,
  name: string,
  input: Input,
): ApprovalTerms | null {
  return rule(typeof approval === 'function' ? approval(input) : approval, name);
}

/**
 * How a call has to be approved; null: it is made at once. The tool's own rule comes first, then that of the agent. A call that is wrong is
 * not shown to anybody: the model is told.
 */
export function approvalOf(agent: AgentSpec, tool: Tool | undefined, call: ToolCall): ApprovalTerms | null {
  const { approvals = {} } = agent;
  const own = [call.tool, sourceName(call.tool)].find((name) => Object.hasOwn(approvals, name));
  if (!tool || (!tool.approval && own === undefined) || !isRight(tool, call)) return null;
  return tool.approval?.(call.input) ?? rule(own === undefined ? own : approvals[own], call.tool);
}

function isRight(tool: Tool, { input, malformed }: ToolCall): boolean {
  try {
    return malformed === undefined && tool.check(input) === null;
  } catch {
    return false; // the call will fail with that
  }
}

function rule(given: ToolApproval | undefined, name: string): ApprovalTerms | null {
  if (given === undefined || given === 'never') return null;
  const terms = termsOf(given === 'always' ? {} : given, name);
  if (typeof terms === 'string') throw new TypeError(terms);
  return terms;
}
